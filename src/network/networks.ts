import { nfnetlink, openArp, openNetlink, rtnetlink } from '../host/index.ts';
import type { Log } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import { attach, release } from './attach.ts';
import type { Networks } from './contract.ts';
import { endpointRows } from './endpoints.ts';
import { createHostFiles } from './host-files.ts';
import { createPorts } from './ports.ts';
import { createPredefined } from './predefined.ts';
import { restore } from './restore.ts';
import { bridgeFacts, type State } from './state.ts';
import { validate } from './validate.ts';
import { watch } from './watch.ts';

/** How an engine's network differs from another's on the same machine. */
export interface NetworkOptions {
  /** The bridge's name, `tug0` unless told; the firewall's table is named after it. */
  bridge?: string;
  /** The bridge's address and prefix; otherwise one that clashes with nothing on the host. */
  bip?: string;
  /** Of the bridge and of what is on it; 1500 unless told. */
  mtu?: number;
}

/** The networks of one engine. `restore` must have been called before all else. */
export function createNetworks(deps: { store: Store; log: Log; options?: NetworkOptions }): Networks {
  const hostFiles = createHostFiles();
  const state: State = {
    store: deps.store,
    log: deps.log,
    options: { bridge: 'tug0', mtu: 1500, ...deps.options },
    arp: openArp(),
    route: openNetlink(rtnetlink.netlinkRoute),
    netfilter: openNetlink(nfnetlink.netlinkNetfilter),
    hostFiles,
    ports: createPorts(hostFiles.ephemeralPorts),
    predefined: createPredefined(deps.store),
    endpoints: new Map(),
  };
  let stopWatching: (() => void) | undefined;
  return {
    attach: async (request) => attach(state, request),
    release: async (containerId) => release(state, containerId),
    forget(tx, containerId) {
      tx.collection(endpointRows).delete(containerId);
    },
    validate,
    list: (filters) => state.predefined.list(filters, bridgeFacts(state)),
    inspect: (reference) => state.predefined.inspect(reference, [...state.endpoints.values()], bridgeFacts(state)),
    async restore(running) {
      await restore(state, running);
      stopWatching?.();
      stopWatching = watch(state);
    },
    async close() {
      stopWatching?.();
      state.arp.close();
      state.route.close();
      state.netfilter.close();
    },
  };
}
