import { conntrack, type NetlinkSocket, nfnetlink, rtnetlink, SystemError } from '../host/index.ts';
import { crashpoint } from '../kit/index.ts';
import { certainAddress, everyAddress, type Ruleset, rulesetMessages } from './ruleset.ts';

/** A published port: what arrives at `hostIp` (undefined: any address of the host) and `hostPort` goes to the container. */
export interface Publication {
  protocol: string;
  hostIp?: string;
  hostPort: number;
  containerIp: string;
  containerPort: number;
}

/** The kernel's firewall for one bridge. Every call is one transaction. */
export interface Firewall {
  /** Makes the ruleset whole, and the maps hold exactly these. Idempotent, also after somebody flushed everything. */
  restore(publications: Publication[]): void;
  /** Adds to the maps; `all` is what they must hold in case that somebody flushed the ruleset. */
  publish(added: Publication[], all: () => Publication[]): void;
  withdraw(removed: Publication[], all: () => Publication[]): void;
}

const numbers: Record<string, number> = { tcp: 6, udp: 17, sctp: 132 };

export function createFirewall(socket: NetlinkSocket, ruleset: Ruleset): Firewall {
  const { table } = ruleset;

  const restore = (publications: Publication[]): void => {
    nfnetlink.commit(socket, 'make the ruleset', rulesetMessages(ruleset));
    crashpoint('network.ruleset');
    const wanted = byMap(publications.map(elementOf));
    const messages = [everyAddress, certainAddress].flatMap((map) => {
      const present = nfnetlink.elementsOf(socket, table, map);
      const want = wanted.get(map) ?? [];
      const stale = present.filter((element) => !want.some((other) => same(element, other)));
      const missing = want.filter((element) => !present.some((other) => same(element, other)));
      return [
        ...(stale.length > 0
          ? [
              nfnetlink.deleteElements(
                table,
                map,
                stale.map((element) => element.key),
              ),
            ]
          : []),
        ...(missing.length > 0 ? [nfnetlink.addElements(table, map, missing)] : []),
      ];
    });
    nfnetlink.commit(socket, 'set the published ports right', messages);
    crashpoint('network.elements');
  };

  /** A refusal means that somebody changed our table: it is made anew, with all that it must hold. */
  const change = (what: string, messages: Buffer[], all: () => Publication[]): void => {
    try {
      nfnetlink.commit(socket, what, messages);
    } catch (error) {
      if (!(error instanceof SystemError) || !['ENOENT', 'EBUSY', 'EEXIST'].includes(error.code)) throw error;
      restore(all());
    }
    crashpoint('network.elements');
  };

  return {
    restore,
    publish(added, all) {
      const messages = [...byMap(added.map(elementOf))].map(([map, list]) => nfnetlink.addElements(table, map, list));
      change('publish ports', messages, all);
      forgetUdp(socket, added);
    },
    withdraw(removed, all) {
      const messages = [...byMap(removed.map(elementOf))].map(([map, list]) =>
        nfnetlink.deleteElements(
          table,
          map,
          list.map((element) => element.key),
        ),
      );
      change('withdraw ports', messages, all);
      forgetUdp(socket, removed);
    },
  };
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

/** A port as it stands in a register: network order, padded. */
const port = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff, 0, 0]);

interface MapElement extends nfnetlink.MapElement {
  map: string;
}

function elementOf(publication: Publication): MapElement {
  const protocol = Buffer.from([numbers[publication.protocol] ?? 0, 0, 0, 0]);
  const at = publication.hostIp === undefined ? [] : [rtnetlink.ipBytes(publication.hostIp)];
  return {
    map: publication.hostIp === undefined ? everyAddress : certainAddress,
    key: Buffer.concat([...at, protocol, port(publication.hostPort)]),
    data: Buffer.concat([rtnetlink.ipBytes(publication.containerIp), port(publication.containerPort)]),
  };
}

function byMap(elements: MapElement[]): Map<string, MapElement[]> {
  return Map.groupBy(elements, (element) => element.map);
}

function same(a: nfnetlink.MapElement, b: nfnetlink.MapElement): boolean {
  return a.key.equals(b.key) && a.data.equals(b.data);
}
