import { rtnetlink } from '../host/index.ts';
import { crashpoint } from '../kit/index.ts';
import { createAddresses } from './addresses.ts';
import { type Bridge, ensureBridge } from './bridge.ts';
import { type Endpoint, endpointRows } from './endpoints.ts';
import { createFirewall } from './firewall.ts';
import { admitForwarding } from './host-forward.ts';
import { tableOf } from './ruleset.ts';
import { allPublications, type State } from './state.ts';
import { toNumber, toText } from './subnets.ts';

/** Networks.restore */
export async function restore(state: State, running: (containerId: string) => boolean): Promise<void> {
  const remembered = state.predefined.prepare();
  state.endpoints.clear();
  for (const endpoint of keepRunning(state, running)) {
    state.endpoints.set(endpoint.containerId, endpoint);
    state.ports.claim(endpoint.containerId, endpoint.ports);
  }
  await setRight(state, remembered);
}

/** Makes bridge, links and firewall what they must be for the containers that have endpoints. */
export async function setRight(state: State, remembered?: string): Promise<void> {
  const { route, netfilter, options, log } = state;
  const bridge = ensureBridge(route, {
    name: options.bridge,
    mtu: options.mtu,
    ...(options.bip === undefined ? {} : { bip: options.bip }),
    ...(remembered === undefined ? {} : { remembered }),
  });
  state.predefined.remember(addressOf(bridge));
  const addresses = createAddresses({
    subnet: bridge.subnet,
    gateway: bridge.gateway,
    isGone: (link) => !rtnetlink.linkExists(route, link),
  });
  const kept = [...state.endpoints.values()];
  for (const { link } of kept) {
    if (link) addresses.claim(toNumber(link.address));
  }
  tidyLinks(state, bridge, kept);
  const { name, subnet } = bridge;
  const firewall = createFirewall(netfilter, { table: tableOf(name), bridge: name, subnet });
  state.standing = { bridge, addresses, firewall };
  firewall.restore(allPublications(state));
  await admitForwarding({ socket: netfilter, bridge: name, log });
}

/** As --bip has it, and as the bridge remembers it. */
export const addressOf = (bridge: Bridge): string => `${toText(bridge.gateway)}/${bridge.subnet.prefix}`;

function keepRunning(state: State, running: (containerId: string) => boolean): Endpoint[] {
  const all = state.store.view((tx) => tx.collection(endpointRows).all());
  const gone = all.filter(({ id }) => !running(id));
  if (gone.length > 0) {
    state.store.update((tx) => {
      for (const { id } of gone) tx.collection(endpointRows).delete(id);
    });
    crashpoint('network.forget');
  }
  return all.filter(({ id }) => running(id)).map(({ document }) => document);
}

/** Links that no container has any more are deleted; those of running ones are ports of the bridge again, if it was made anew. */
function tidyLinks(state: State, bridge: Bridge, kept: Endpoint[]): void {
  const wanted = new Set(kept.flatMap((endpoint) => (endpoint.link ? [endpoint.link.index] : [])));
  for (const link of rtnetlink.links(state.route)) {
    if (link.kind !== 'veth') continue;
    const isOurs = link.master === bridge.index;
    if (wanted.has(link.index) === isOurs) continue;
    if (isOurs) {
      state.log.warn('a link of no container is removed', { link: link.name });
      state.route.send('remove a link of no container', [rtnetlink.deleteLink(link.index)]);
    } else {
      state.route.send('put a link back on the bridge', [rtnetlink.setMaster(link.index, bridge.index)]);
    }
    crashpoint('network.link');
  }
}
