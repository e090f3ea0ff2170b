import type { EventMessage } from '../api/index.ts';
import type { ArpSocket, NetlinkSocket } from '../host/index.ts';
import { EngineError, type Locks, type Log, type Topic } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import type { Pool } from './address/pools.ts';
import type { Side, Wire } from './bridge/wire.ts';
import type { HostFiles } from './files/host-files.ts';
import type { Publication } from './firewall/elements.ts';
import type { Firewall } from './firewall/firewall.ts';
import type { Line } from './macvlan/line.ts';
import type { Ports, PublishedPort } from './ports/ports.ts';
import type { BridgeFacts, Member } from './records/json.ts';
import { type Endpoint, gatewaysOf, type Place } from './records/place.ts';
import type { Records } from './records/records.ts';

/** How an engine's network differs from another's on the same machine. */
export interface Settings {
  /** The predefined bridge's name; the firewall's table is named after it. */
  bridge: string;
  /** Its address and prefix; otherwise one that clashes with nothing on the host. */
  bip?: string;
  mtu: number;
  /** Where networks without a subnet of their own come from; Docker's ranges unless told. */
  pools: Pool[];
  /** The address ports are published on where none is named; every address unless told. */
  bindingIp?: string;
  /** What the host's own firewall drops stays dropped: nothing is added to its FORWARD chain. */
  strict: boolean;
  /** What `host-gateway` stands for; the predefined bridge's address unless told. */
  hostGateway?: string;
  /** Of the predefined bridge alone: its driver options, the range of its addresses, the way out. */
  own: { options: Record<string, string>; fixedCidr?: string; defaultGateway?: string };
  /** Where containers' questions about names are answered. */
  resolverSocket?: string;
}

/** What the parts of this room share. */
export interface State {
  store: Store;
  log: Log;
  options: Settings;
  arp: ArpSocket;
  route: NetlinkSocket;
  netfilter: NetlinkSocket;
  hostFiles: HostFiles;
  ports: Ports;
  records: Records;
  events: Topic<EventMessage>;
  /** Networks are made and removed one after another. */
  turns: Locks;
  /** Of the containers that run, by their id. */
  places: Map<string, Place>;
  /** The bridges, by the id of their network. */
  wires: Map<string, Wire>;
  /** The networks whose containers stand beside the host, by their id. */
  lines: Map<string, Line>;
  /** Numbers of the links that containers have. */
  links: Set<number>;
  /** From `restore` on. */
  firewall?: Firewall;
}

export function firewallOf(state: State): Firewall {
  if (!state.firewall) throw new EngineError('internal', 'the network is used before it has been restored');
  return state.firewall;
}

/** The bridge of a network; the predefined one's without an id. */
export function wireOf(state: State, networkId: string = state.records.find('bridge').id): Wire {
  const wire = state.wires.get(networkId);
  if (!wire) throw new EngineError('internal', 'the network is used before it has been restored');
  return wire;
}

/** The address space of a network that has one, as it stands. */
export function sidesOf(state: State, networkId: string): { v4?: Side; v6?: Side } | undefined {
  return state.wires.get(networkId) ?? state.lines.get(networkId);
}

export function bridgeFacts(state: State): BridgeFacts {
  const { name, mtu, v4, record } = wireOf(state);
  const [pool] = record.pools;
  const { options } = state.options.own;
  const own = { subnet: v4?.described ?? '', gateway: v4?.gateway ?? '', isStatic: pool?.isStatic ?? false };
  return { name, mtu, pool: { ...pool, ...own }, options };
}

/** Who is on a network. */
export function membersOf(state: State, networkId: string): Member[] {
  return [...state.places.values()].flatMap((place) =>
    place.endpoints.flatMap((endpoint) => (endpoint.networkId === networkId ? [{ place, endpoint }] : [])),
  );
}

/** What a container has published, for the firewall. */
export function publicationsOf(state: State, place: Place): Publication[] {
  if (place.ports.length === 0) return [];
  const { v4, v6 } = doorsOf(state, place.endpoints);
  return place.ports.flatMap((port) => {
    const family = port.family ?? 4;
    const target = family === 4 ? v4 : v6;
    const containerIp = family === 4 ? target?.link?.v4?.address : target?.link?.v6?.address;
    if (target === undefined || containerIp === undefined) return [];
    return [publicationOf(port, containerIp, isRouted(state, target, family))];
  });
}

/** The endpoints that ports are published on: of those that lead out the ones on a bridge. */
export function doorsOf(state: State, endpoints: Endpoint[]): { v4?: Endpoint; v6?: Endpoint } {
  const { v4, v6 } = gatewaysOf(endpoints);
  const isDoor = (endpoint: Endpoint | undefined) => endpoint && state.wires.has(endpoint.networkId);
  return { ...(v4 && isDoor(v4) && { v4 }), ...(v6 && isDoor(v6) && { v6 }) };
}

function publicationOf(port: PublishedPort, containerIp: string, routed: boolean): Publication {
  const { protocol, hostIp, hostPort, containerPort, family = 4 } = port;
  const everywhere = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::';
  return { protocol, family, hostPort, containerIp, containerPort, routed, ...(everywhere ? {} : { hostIp }) };
}

export function isRouted(state: State, endpoint: Endpoint, family: 4 | 6): boolean {
  const options = state.wires.get(endpoint.networkId)?.options;
  return (family === 4 ? options?.mode4 : options?.mode6) === 'routed';
}

export function allPublications(state: State): Publication[] {
  return [...state.places.values()].flatMap((place) => publicationsOf(state, place));
}

/** Tells what happened to a network, in Docker's terms. */
export function announce(state: State, action: string, id: string, attributes: Record<string, string>): void {
  const now = Date.now();
  state.events.publish({
    Type: 'network',
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Math.floor(now / 1000),
    timeNano: now * 1_000_000,
  });
}
