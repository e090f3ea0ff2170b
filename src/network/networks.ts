import type { EventMessage } from '../api/index.ts';
import { nfnetlink, openArp, openNetlink, rtnetlink } from '../host/index.ts';
import { createLocks, createTopic, type Log } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import { checkPools, type Pool } from './address/pools.ts';
import { attach, release } from './attach/attach.ts';
import { changePorts } from './attach/change-ports.ts';
import { connect, disconnect } from './attach/connect.ts';
import { mend } from './attach/mend.ts';
import { plan, unplanned } from './attach/plan.ts';
import { rename } from './attach/rename.ts';
import { validate } from './attach/validate.ts';
import type { NetworkCreateBody, Networks } from './contract.ts';
import { networkDamages } from './damages.ts';
import { createForward } from './dns/forward.ts';
import { createResolverServer, type ResolverServer } from './dns/server.ts';
import { betweenContainers, toPort } from './doctor/doctor.ts';
import { createHostFiles } from './files/host-files.ts';
import { type DnsWish, hostServers } from './files/resolv-conf.ts';
import { leave } from './leave.ts';
import { create } from './make/create.ts';
import { prune, remove } from './make/remove.ts';
import { createPorts } from './ports/ports.ts';
import { networkFilter } from './records/filters.ts';
import { networkJson } from './records/json.ts';
import { placeRows } from './records/place.ts';
import type { NetworkRecord } from './records/record.ts';
import { createRecords } from './records/records.ts';
import { restore } from './restore.ts';
import { bridgeFacts, membersOf, type Settings, type State } from './state.ts';
import { watch } from './watch.ts';

/** How an engine's network differs from another's on the same machine. */
export interface NetworkOptions {
  /** The bridge's name, `tug0` unless told; the firewall's table is named after it. */
  bridge?: string;
  /** Whether bridges and firewall go when the engine is closed and nothing runs. */
  isTemporary?: boolean;
  /** The bridge's address and prefix; otherwise one that clashes with nothing on the host. */
  bip?: string;
  /** Of the bridges and of what is on them; 1500 unless told. */
  mtu?: number;
  /** Where networks without a subnet of their own come from. */
  pools?: Pool[];
  /** The address ports are published on where none is named; every address unless told. */
  bindingIp?: string;
  /** What the host's own firewall drops stays dropped. */
  strict?: boolean;
  /** What `host-gateway` stands for; the bridge's address unless told. */
  hostGateway?: string;
  /** Name resolution of containers that say nothing about it. */
  dns?: DnsWish;
  /** On the predefined bridge: whether its containers may talk to each other, true unless told. */
  icc?: boolean;
  /** On the predefined bridge: whether what leaves it does so with the host's address, true unless told. */
  masquerade?: boolean;
  /** On the predefined bridge: the part of its subnet that containers' addresses are taken from. */
  fixedCidr?: string;
  /** On the predefined bridge: the way out that containers are given, instead of the bridge itself. */
  defaultGateway?: string;
  /** Options that networks get which are made without them, by driver. */
  driverOptions?: Record<string, Record<string, string>>;
  /** The runtime's exec root: containers' questions about names come to a socket there. Without it nobody answers. */
  execRoot?: string;
}

/** The networks of one engine. `restore` must have been called before all else. */
export function createNetworks(deps: { store: Store; log: Log; options?: NetworkOptions }): Networks {
  const state = createState(deps);
  const { execRoot, dns, driverOptions = {}, isTemporary = false } = deps.options ?? {};
  const resolver = execRoot === undefined ? undefined : createResolver(state, execRoot);
  let stopWatching: (() => void) | undefined;
  const json = (record: NetworkRecord, whole: boolean) =>
    networkJson(
      record,
      whole ? membersOf(state, record.id) : [],
      record.name === 'bridge' ? bridgeFacts(state) : undefined,
    );
  return {
    attach: async (request) => attach(state, { ...request, dns: withDefaultDns(request.dns, dns) }),
    release: async (containerId) => release(state, containerId),
    forget(tx, containerId) {
      tx.collection(placeRows).delete(containerId);
    },
    validate,
    connect: (request, inside) => connect(state, request, inside),
    disconnect: (request, openInside) => disconnect(state, request, openInside),
    changePorts: (...request) => changePorts(state, ...request),
    rename: (containerId, name) => rename(state, containerId, name),
    plan: (network, settings) => plan(state, network, settings),
    unplanned,
    create: (body) => create(state, withDefaultOptions(body, driverOptions)),
    remove: (reference) => remove(state, reference),
    prune: (filters) => prune(state, filters),
    list: (filters) =>
      state.records
        .all()
        .filter(networkFilter(filters, ({ id }) => membersOf(state, id).length > 0))
        .map((record) => json(record, false)),
    inspect: (reference) => json(state.records.find(reference), true),
    mend: (containerId, process) => mend(state, containerId, process),
    diagnose: (request) =>
      'port' in request
        ? toPort(state, request.port, request.listening)
        : betweenContainers(state, request.from, request.to),
    check: async function* () {
      yield* networkDamages(state);
    },
    subscribe: state.events.subscribe,
    async restore(running) {
      await restore(state, running);
      await resolver?.listen();
      stopWatching?.();
      stopWatching = watch(state);
    },
    async close() {
      stopWatching?.();
      await resolver?.close();
      if (isTemporary && state.firewall && state.places.size === 0) await leave(state);
      state.arp.close();
      state.route.close();
      state.netfilter.close();
    },
  };
}

const or = (one: string[], other: string[] | undefined): string[] => (one.length > 0 ? one : (other ?? []));

/** Docker takes each of the three from the engine's settings where a container has none. */
function withDefaultDns(asked: DnsWish, initial: DnsWish | undefined): DnsWish {
  return {
    servers: or(asked.servers, initial?.servers),
    search: or(asked.search, initial?.search),
    options: or(asked.options, initial?.options),
  };
}

function withDefaultOptions(
  body: NetworkCreateBody,
  initial: NonNullable<NetworkOptions['driverOptions']>,
): NetworkCreateBody {
  const options = body.ConfigFrom?.Network ? undefined : initial[body.Driver || 'bridge'];
  return options ? { ...body, Options: { ...options, ...body.Options } } : body;
}

function createResolver(state: State, directory: string): ResolverServer {
  return createResolverServer({
    directory,
    log: state.log,
    placeOf: (containerId) => state.places.get(containerId),
    resolving: {
      membersOf: (networkId) => membersOf(state, networkId),
      hostServers: () => hostServers(state.hostFiles.resolvConf(true).text),
      forward: createForward(),
    },
  });
}

function createState({ store, log, options = {} }: { store: Store; log: Log; options?: NetworkOptions }): State {
  const hostFiles = createHostFiles();
  const { bip, pools = [], bindingIp, hostGateway } = options;
  checkPools(pools);
  return {
    store,
    log,
    options: {
      bridge: options.bridge ?? 'tug0',
      mtu: options.mtu ?? 1500,
      strict: options.strict ?? false,
      pools,
      ...(bip && { bip }),
      ...(bindingIp && { bindingIp }),
      ...(hostGateway && { hostGateway }),
      own: ownSettings(options),
    },
    arp: openArp(),
    route: openNetlink(rtnetlink.netlinkRoute),
    netfilter: openNetlink(nfnetlink.netlinkNetfilter),
    hostFiles,
    ports: createPorts(hostFiles.ephemeralPorts),
    records: createRecords(store),
    events: createTopic<EventMessage>((error) => log.error('an event listener failed', { error })),
    turns: createLocks(),
    places: new Map(),
    wires: new Map(),
    lines: new Map(),
    links: new Set(),
  };
}

function ownSettings({ icc, masquerade, bindingIp, fixedCidr, defaultGateway }: NetworkOptions): Settings['own'] {
  return {
    options: {
      'com.docker.network.bridge.enable_icc': String(icc ?? true),
      'com.docker.network.bridge.enable_ip_masquerade': String(masquerade ?? true),
      ...(bindingIp && { 'com.docker.network.bridge.host_binding_ipv4': bindingIp }),
    },
    ...(fixedCidr && { fixedCidr }),
    ...(defaultGateway && { defaultGateway }),
  };
}
