import type { EndpointSettings } from '../../api/index.ts';
import { ipBytes, rtnetlink } from '../../host/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { AttachRequest, NetworkAttachment, NetworkFurniture } from '../contract.ts';
import { filesOf } from '../files/files.ts';
import { portWishes } from '../ports/port-wishes.ts';
import type { PublishedPort, Targets } from '../ports/ports.ts';
import { portsJson } from '../ports/ports-json.ts';
import { type Endpoint, endpointSettings, type Place, placeRows } from '../records/place.ts';
import type { NetworkRecord } from '../records/record.ts';
import { doorsOf, firewallOf, isRouted, publicationsOf, type State } from '../state.ts';
import { checkEndpoint } from './endpoint-check.ts';
import { furnish, type Joint } from './furniture.ts';
import { bareEndpoint, join, unjoin } from './joint.ts';
import { validate } from './validate.ts';

/** Networks.attach: everything but the sockets is in memory only. */
export function attach(state: State, request: AttachRequest): NetworkAttachment {
  validate(request);
  const { containerId } = request;
  if (state.places.has(containerId)) {
    throw new EngineError('internal', `container ${containerId} has its network already`);
  }
  const wanted = wantedNetworks(state, request);
  const { endpoints, joints } = joinAll(state, request, wanted);
  const { place, sockets, relays } = withPorts(state, request, endpoints);
  state.places.set(containerId, place);
  const shared = endpoints.some(({ network }) => network === 'host');
  const alone = endpoints.some(({ network }) => network === 'none');
  return {
    ...(shared ? {} : { furniture: { ...furnish(joints), relays, ...(alone ? {} : { resolver }) } }),
    ...filesOf(state, place),
    networks: Object.fromEntries(endpoints.map((endpoint) => [endpoint.network, endpointSettings(endpoint)])),
    ports: shownPorts(state, place),
    reserved: sockets,
    record: (tx) => tx.collection(placeRows).put(containerId, place),
    publish: async () => publish(state, place),
  };
}

/** NetworkSettings.Ports; who is on no bridge has none to show. */
export function shownPorts(state: State, { endpoints, exposed, ports }: Place): ReturnType<typeof portsJson> {
  return endpoints.some(({ networkId }) => state.wires.has(networkId)) ? portsJson(exposed, ports) : {};
}

/** 127.0.0.11, where the engine answers. */
const resolver = { address: 0x7f00_000b, port: 53 };

interface Wanted {
  record: NetworkRecord;
  settings: EndpointSettings | undefined;
}

/** The networks of a container, that of its mode first. */
function wantedNetworks(state: State, request: AttachRequest): Wanted[] {
  const find = (reference: string): NetworkRecord => {
    try {
      return state.records.find(reference === 'default' ? 'bridge' : reference);
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
      throw new EngineError('notFound', `failed to set up container networking: ${error.message}`, error);
    }
  };
  /** A network that is gone since the container was on it is not one that was never there. */
  const findAgain = (name: string, id: string): NetworkRecord => {
    const known = [name, id].find((wanted) =>
      state.records.all().some((record) => [record.name, record.id].includes(wanted)),
    );
    if (known !== undefined || id === '') return find(known ?? name);
    const why = name === request.mode ? `could not find a network matching network mode ${name}: ` : '';
    throw new EngineError('notFound', `failed to set up container networking: ${why}network ${name} not found`);
  };
  if (!request.endpoints) return [{ record: find(request.mode), settings: undefined }];
  const asked = Object.entries(request.endpoints).map(([name, settings]) => ({
    record: findAgain(name, settings.NetworkID ?? ''),
    settings,
  }));
  const own = asked.find(({ record }) => record.name === request.mode || record.id.startsWith(request.mode));
  return own ? [own, ...asked.filter((other) => other !== own)] : asked;
}

function joinAll(state: State, request: AttachRequest, wanted: Wanted[]): { endpoints: Endpoint[]; joints: Joint[] } {
  const endpoints: Endpoint[] = [];
  const joints: Joint[] = [];
  try {
    for (const [index, { record, settings }] of wanted.entries()) {
      const macAddress = request.macAddresses?.[record.name] ?? (index === 0 ? request.macAddress : undefined);
      const kept = request.kept?.[record.name];
      const wish = { ...request, record, settings, others: endpoints, kept, ...(macAddress && { macAddress }) };
      if (record.configOnly) throw new EngineError('forbidden', 'cannot create endpoint on configuration-only network');
      checkEndpoint(record.name, settings, record);
      if (record.driver === 'host' || record.driver === 'null') {
        endpoints.push(bareEndpoint(wish));
        continue;
      }
      const joint = join(state, wish);
      joints.push(joint);
      endpoints.push(joint.endpoint);
    }
  } catch (error) {
    for (const endpoint of endpoints) unjoin(state, endpoint);
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `failed to set up container networking: ${messageOf(error)}`, error);
  }
  return { endpoints, joints };
}

type Relays = NonNullable<NetworkFurniture['relays']>;

function withPorts(
  state: State,
  request: AttachRequest,
  endpoints: Endpoint[],
): { place: Place; sockets: number[]; relays: Relays } {
  const { containerId, name, hostname, domainname, dns, extraHosts, exposedPorts } = request;
  const place: Place = {
    containerId,
    name,
    hostname,
    domainname,
    endpoints,
    ports: [],
    exposed: exposedPorts,
    dns,
    extraHosts,
  };
  const targets = targetsOf(state, endpoints);
  if (!targets.v4 && !targets.v6) return { place, sockets: [], relays: [] };
  try {
    const wishes = boundTo(bindingOf(state, endpoints), portWishes(request));
    const { ports, sockets } = state.ports.reserve({ id: containerId, name }, targets, wishes);
    for (const [handle, { port }] of sockets.entries()) port.handle = handle;
    const relays = sockets.flatMap(({ port }, slot) => relayOf(targets, port).map((relay) => ({ slot, ...relay })));
    return { place: { ...place, ports }, sockets: sockets.map(({ fd }) => fd), relays };
  } catch (error) {
    for (const endpoint of endpoints) unjoin(state, endpoint);
    const exit = doorsOf(state, endpoints).v4 ?? doorsOf(state, endpoints).v6;
    const at = `failed programming external connectivity on endpoint ${name} (${exit?.endpointId})`;
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `failed to set up container networking: driver ${at}: ${messageOf(error)}`, error);
  }
}

const protocols: Record<string, number> = { tcp: 6, udp: 17 };

/**
 * What comes to a port by IPv6 and is not translated by the kernel is passed on: all of it where the container has no IPv6, and what
 * comes to the host's ::1.
 */
export function relayOf(
  { v4 }: Targets,
  { family, protocol, containerPort }: PublishedPort,
): { protocol: number; address: number; port: number }[] {
  const number = protocols[protocol];
  if (family !== 6 || !v4 || number === undefined) return [];
  return [{ protocol: number, address: ipBytes(v4.ip).readUInt32BE(0), port: containerPort }];
}

/** What published ports lead to. */
export function targetsOf(state: State, endpoints: Endpoint[]): Targets {
  const { v4, v6 } = doorsOf(state, endpoints);
  return {
    relays: state.hostFiles.hasIpv6(),
    ...(v4?.link?.v4 && { v4: { ip: v4.link.v4.address, routed: isRouted(state, v4, 4) } }),
    ...(v6?.link?.v6 && { v6: { ip: v6.link.v6.address, routed: isRouted(state, v6, 6) } }),
  };
}

/** The address that ports are published on where none is named: the network's, else the engine's. */
export function bindingOf(state: State, endpoints: Endpoint[]): string {
  const exit = doorsOf(state, endpoints).v4 ?? doorsOf(state, endpoints).v6;
  const own = exit && state.wires.get(exit.networkId)?.options.bindingIp;
  const ip = own ?? state.options.bindingIp ?? '';
  return ip === '0.0.0.0' ? '' : ip;
}

export function boundTo<T extends { hostIp: string }>(ip: string, wishes: T[]): T[] {
  return ip === '' ? wishes : wishes.map((wish) => (wish.hostIp === '' ? { ...wish, hostIp: ip } : wish));
}

/** Tells the network where the container is, and opens its ports. */
function publish(state: State, place: Place): void {
  if (state.places.get(place.containerId) !== place) return;
  for (const endpoint of place.endpoints) locate(state, endpoint);
  const added = publicationsOf(state, place);
  if (added.length > 0) firewallOf(state).publish(added);
  warnOfOpenPorts(state, place);
}

/** Whoever talked to an address's last holder has its MAC in mind: the host, and containers on the bridge. */
export function locate(state: State, endpoint: Endpoint): void {
  const { networkId, link, mac } = endpoint;
  const wire = state.wires.get(networkId);
  if (!wire || !link) return;
  const known = [link.v4, link.v6].flatMap((side) =>
    side ? [rtnetlink.neighbour(wire.index, side.address, mac)] : [],
  );
  state.route.send('say where a container is', known);
  const { v4 } = link;
  if (!v4) return;
  const announce = (): void => state.arp.announce(wire.index, ipBytes(v4.address), rtnetlink.macBytes(mac));
  announce();
  // Who heard from the last holder a moment ago does not believe it yet (arp locktime): said three times, as Docker does.
  for (const delay of again) {
    setTimeout(() => {
      try {
        if (isThere(state, endpoint)) announce();
      } catch (error) {
        state.log.warn('an address could not be announced again', { address: v4.address, error: messageOf(error) });
      }
    }, delay).unref();
  }
}

/** Milliseconds after which an address is announced once more. */
const again = [1000, 2000];

function isThere({ places, wires }: State, { endpointId, networkId }: Endpoint): boolean {
  return (
    wires.has(networkId) &&
    [...places.values()].some(({ endpoints }) => endpoints.some((one) => one.endpointId === endpointId))
  );
}

/** A port that the whole world may reach is worth a line. */
export function warnOfOpenPorts(state: State, place: Place, ports = place.ports): void {
  for (const { protocol, hostIp, hostPort, family } of ports) {
    if (hostIp !== '' && hostIp !== '0.0.0.0' && hostIp !== '::') continue;
    const at = family === 6 ? `[::]:${hostPort}` : `0.0.0.0:${hostPort}`;
    state.log.info('a port is reachable from everywhere', { container: place.name, port: `${at}/${protocol}` });
  }
}

/** Networks.release */
export function release(state: State, containerId: string): void {
  const place = state.places.get(containerId);
  if (!place) return;
  const removed = publicationsOf(state, place);
  state.places.delete(containerId);
  state.ports.giveBack(containerId);
  for (const endpoint of place.endpoints) unjoin(state, endpoint);
  if (removed.length > 0) firewallOf(state).withdraw(removed);
}
