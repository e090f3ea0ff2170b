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
  const { route, options } = state;
  const remembered = state.predefined.prepare();
  const bridge = ensureBridge(route, {
    name: options.bridge,
    mtu: options.mtu,
    ...(options.bip === undefined ? {} : { bip: options.bip }),
    ...(remembered === undefined ? {} : { remembered }),
  });
  state.predefined.remember(`${toText(bridge.gateway)}/${bridge.subnet.prefix}`);
  const addresses = createAddresses({
    subnet: bridge.subnet,
    gateway: bridge.gateway,
    isGone: (link) => !rtnetlink.linkExists(route, link),
  });
  const kept = keepRunning(state, running);
  state.endpoints.clear();
  for (const endpoint of kept) {
    state.endpoints.set(endpoint.containerId, endpoint);
    state.ports.claim(endpoint.containerId, endpoint.ports);
    if (endpoint.link) addresses.claim(toNumber(endpoint.link.address));
  }
  tidyLinks(state, bridge, kept);
  const firewall = createFirewall(state.netfilter, {
    table: tableOf(bridge.name),
    bridge: bridge.name,
    subnet: bridge.subnet,
  });
  state.standing = { bridge, addresses, firewall };
  firewall.restore(allPublications(state));
  await admitForwarding({ socket: state.netfilter, bridge: bridge.name, log: state.log });
}

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
