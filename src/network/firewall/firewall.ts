import { conntrack, type NetlinkSocket, nfnetlink, SystemError } from '../../host/index.ts';
import { crashpoint } from '../../kit/index.ts';
import { type BridgeRules, bridgeElements, type Element, elementOf, type Publication } from './elements.ts';
import { collectionNames, rulesetMessages } from './ruleset.ts';

/** All that the firewall's sets and maps are made from. */
export interface Wanted {
  bridges: BridgeRules[];
  publications: Publication[];
}

/** The kernel's firewall for the bridges of one engine. Every call is one transaction. */
export interface Firewall {
  /** Makes the ruleset whole, and sets and maps hold exactly what is wanted. Idempotent, also after somebody flushed everything. */
  restore(): void;
  publish(added: Publication[]): void;
  withdraw(removed: Publication[]): void;
  /** A bridge has come, or goes. */
  admit(bridge: BridgeRules): void;
  dismiss(bridge: BridgeRules): void;
}

/** `wanted` says what it must hold altogether, in case that somebody flushed it. */
export function createFirewall(socket: NetlinkSocket, table: nfnetlink.Table, wanted: () => Wanted): Firewall {
  const restore = (): void => {
    nfnetlink.commit(socket, 'make the ruleset', rulesetMessages(table));
    crashpoint('network.ruleset');
    const { bridges, publications } = wanted();
    const want = [...bridges.flatMap(bridgeElements), ...publications.map(elementOf)];
    const messages = collectionNames.flatMap((into) => {
      const present = nfnetlink.elementsOf(socket, table, into).map((element) => ({ ...element, into }));
      const ours = want.filter((element) => element.into === into);
      return [
        ...removal(
          table,
          present.filter((element) => !ours.some((other) => same(element, other))),
        ),
        ...addition(
          table,
          ours.filter((element) => !present.some((other) => same(element, other))),
        ),
      ];
    });
    nfnetlink.commit(socket, 'set the firewall right', messages);
    crashpoint('network.elements');
  };

  /** A refusal means that somebody changed our table: it is made anew, with all that it must hold. */
  const change = (what: string, messages: Buffer[]): void => {
    try {
      nfnetlink.commit(socket, what, messages);
    } catch (error) {
      if (!(error instanceof SystemError) || !['ENOENT', 'EBUSY', 'EEXIST'].includes(error.code)) throw error;
      restore();
    }
    crashpoint('network.elements');
  };

  return {
    restore,
    publish(added) {
      change('publish ports', addition(table, added.map(elementOf)));
      forgetUdp(socket, added);
    },
    withdraw(removed) {
      change('withdraw ports', removal(table, removed.map(elementOf)));
      forgetUdp(socket, removed);
    },
    admit: (bridge) => change('admit a bridge', addition(table, bridgeElements(bridge))),
    dismiss: (bridge) => change('dismiss a bridge', removal(table, bridgeElements(bridge))),
  };
}

function addition(table: nfnetlink.Table, elements: Element[]): Buffer[] {
  return [...byCollection(elements)].map(([into, list]) => nfnetlink.addElements(table, into, list));
}

function removal(table: nfnetlink.Table, elements: Element[]): Buffer[] {
  return [...byCollection(elements)].map(([into, list]) => nfnetlink.deleteElements(table, into, list));
}

const byCollection = (elements: Element[]) => Map.groupBy(elements, ({ into }) => into);

function same(a: nfnetlink.MapElement, b: nfnetlink.MapElement): boolean {
  return a.key.equals(b.key) && a.data.equals(b.data) && a.end === b.end;
}

/**
 * A UDP client that goes on sending would go on being sent to where its first packet went: to nobody, or to a container that
 * has ended. The flows of these ports are forgotten, and found anew by their next packet.
 */
function forgetUdp(socket: NetlinkSocket, changed: Publication[]): void {
  const ports = new Set(changed.filter(({ protocol }) => protocol === 'udp').map(({ hostPort }) => hostPort));
  if (ports.size === 0) return;
  for (const flow of conntrack.flows(socket, conntrack.udp)) {
    if (ports.has(flow.original.destinationPort)) conntrack.deleteFlow(socket, flow);
  }
}
