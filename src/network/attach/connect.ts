import { closeFd, namespaceOf, netlink, openNetlinkOn, rtnetlink } from '../../host/index.ts';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import { toLink } from '../bridge/bridge.ts';
import type { ConnectRequest, NetworkChange } from '../contract.ts';
import { addressesOf, filesOf } from '../files/files.ts';
import { changeHosts } from '../files/hosts-file.ts';
import { type Endpoint, endpointSettings, type Link, noLink, type Place, placeRows } from '../records/place.ts';
import { firewallOf, publicationsOf, type State } from '../state.ts';
import { locate, relayOf, shownPorts, targetsOf } from './attach.ts';
import { checkEndpoint } from './endpoint-check.ts';
import { acknowledged, defaultRoutes, exits, hostMessage, insideMessages } from './furniture.ts';
import { join, unjoin } from './joint.ts';

/**
 * Networks.connect. `inside` is a netlink socket of the container's namespace, which is closed here. The interface stands when this
 * returns; its record is the caller's to commit. A kill in between leaves a link that the next start removes.
 */
export function connect(state: State, request: ConnectRequest, inside: number): NetworkChange {
  const socket = openNetlinkOn(inside);
  let change: NetworkChange;
  try {
    change = connectBy(state, request, { socket, inside });
  } catch (error) {
    closeFd(inside);
    throw error;
  }
  return { ...change, ...closing(inside, change) };
}

/** The namespace is needed until it is sure that the interface stays. */
function closing(inside: number, { apply, undo }: NetworkChange): Pick<NetworkChange, 'apply' | 'undo'> {
  const after =
    <T>(work: () => T) =>
    (): T => {
      try {
        return work();
      } finally {
        closeFd(inside);
      }
    };
  return { apply: after(apply), undo: after(undo) };
}

interface Inside {
  socket: ReturnType<typeof openNetlinkOn>;
  inside: number;
}

function connectBy(state: State, request: ConnectRequest, { socket, inside }: Inside): NetworkChange {
  const place = placeOf(state, request.containerId);
  const record = state.records.find(request.network);
  checkJoin(place, record.name, record.configOnly);
  checkEndpoint(record.name, request.settings, record);
  const others = place.endpoints;
  const { macAddress, settings } = request;
  const joint = join(state, { ...place, record, settings, others, ...(macAddress && { macAddress }) });
  const { endpoint, link } = joint;
  const after: Place = { ...place, changed: true, endpoints: [...place.endpoints, endpoint] };
  try {
    const { message, netnsFdOffset } = hostMessage(joint);
    const namespace = namespaceOf(inside);
    try {
      message.writeUInt32LE(namespace, netnsFdOffset);
      state.route.send('make an interface of a container', netlink.split(message));
    } finally {
      closeFd(namespace);
    }
    crashpoint('network.connected');
    try {
      socket.send('furnish an interface of a container', netlink.split(acknowledged(insideMessages(joint))));
      moveExits(socket, place.endpoints, after.endpoints);
      crashpoint('network.furnished');
    } catch (error) {
      removeLink(state, socket, link);
      throw error;
    }
  } catch (error) {
    unjoin(state, endpoint);
    throw error;
  }
  return changed(state, { before: place, after, added: endpoint, socket });
}

/** An interface beside the host is only in its namespace, to which the socket belongs. */
function removeLink(state: State, inside: Inside['socket'], { index, inside: number }: Link): void {
  const [socket, which] = index === noLink ? [inside, number] : [state.route, index];
  toLink(() => socket.send('take an interface away', [rtnetlink.deleteLink(which)]));
}

/**
 * Networks.disconnect. The record is the caller's to commit; `apply` then takes the interface away. `openInside` gives a netlink
 * socket of the container's namespace.
 */
export function disconnect(
  state: State,
  { containerId, network }: { containerId: string; network: string },
  openInside: () => number,
): NetworkChange {
  const place = placeOf(state, containerId);
  const record = state.records.find(network);
  const endpoint = place.endpoints.find(({ networkId }) => networkId === record.id);
  if (!endpoint) {
    throw new EngineError('internal', `container ${containerId} is not connected to network ${record.name}`);
  }
  if (record.name === 'host') {
    throw new EngineError(
      'forbidden',
      'container cannot be disconnected from host network - container was created in host network mode',
    );
  }
  const endpoints = place.endpoints.filter((other) => other !== endpoint);
  const after: Place = { ...place, changed: true, endpoints };
  const change = changed(state, { before: place, after, removed: endpoint });
  return {
    ...change,
    apply() {
      takeAway(state, openInside, { place, after, endpoint });
      return change.apply();
    },
  };
}

/** A container that has just ended took its namespace along. */
function takeAway(
  state: State,
  openInside: () => number,
  { place, after, endpoint }: { place: Place; after: Place; endpoint: Endpoint },
): void {
  if (!endpoint.link) return;
  try {
    const inside = openInside();
    try {
      const socket = openNetlinkOn(inside);
      moveExits(socket, place.endpoints, after.endpoints);
      removeLink(state, socket, endpoint.link);
    } finally {
      closeFd(inside);
    }
  } catch (error) {
    state.log.warn('a container left a network as it ended', { container: place.name, error: messageOf(error) });
  }
  crashpoint('network.disconnected');
}

function placeOf(state: State, containerId: string): Place {
  const place = state.places.get(containerId);
  if (!place) throw new EngineError('conflict', `container ${containerId} has no network of its own`);
  return place;
}

function checkJoin(place: Place, name: string, configOnly: boolean): void {
  const names = place.endpoints.map(({ network }) => network);
  if (names.includes(name)) {
    throw new EngineError('forbidden', `endpoint with name ${place.name} already exists in network ${name}`);
  }
  if (name === 'host') {
    throw new EngineError(
      'invalid',
      'cannot connect container to host network - container must be created in host network mode',
    );
  }
  if (names.includes('host')) {
    throw new EngineError(
      'invalid',
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  }
  if (name === 'none' || names.includes('none')) {
    throw new EngineError(
      'invalid',
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
  }
  if (configOnly) throw new EngineError('forbidden', 'cannot create endpoint on configuration-only network');
}

type Exit = ReturnType<typeof exits>[number];
const isSame = (a: Exit, b: Exit): boolean => a.gateway === b.gateway && a.index === b.index;

/** The default routes lead through other gateways from now on, if these are others. */
function moveExits(socket: Inside['socket'], before: Endpoint[], after: Endpoint[]): void {
  const [had, has] = [exits(before), exits(after)];
  const stale = had.filter((exit) => !has.some((other) => isSame(other, exit)));
  for (const { gateway, index } of stale) {
    socket.send('take a default route away', [rtnetlink.deleteDefaultRoute(gateway, index)]);
  }
  const fresh = has.filter((exit) => !had.some((other) => isSame(other, exit)));
  const routes = fresh.length > 0 ? defaultRoutes(after).filter((_, at) => fresh.includes(has[at] as never)) : [];
  if (routes.length > 0) socket.send('give a default route', netlink.split(acknowledged(routes)));
}

interface Step {
  before: Place;
  after: Place;
  added?: Endpoint;
  removed?: Endpoint;
  /** Of the namespace, where an interface was added. */
  socket?: Inside['socket'];
}

/** What the container's record and its files must say; memory and firewall follow with `apply`. */
function changed(state: State, step: Step): NetworkChange {
  const { before, after, added, removed, socket } = step;
  const network = added ?? removed;
  const [had, has] = [addressesOf(before), addressesOf(after)];
  const hosts = {
    removed: had.filter((address) => !has.includes(address)),
    added: has.filter((address) => !had.includes(address)),
  };
  return {
    network: { id: network?.networkId ?? '', name: network?.network ?? '' },
    networks: Object.fromEntries(after.endpoints.map((endpoint) => [endpoint.network, endpointSettings(endpoint)])),
    ports: shownPorts(state, after),
    hosts: (text) => changeHosts(text, hosts, after),
    resolvConf: { before: filesOf(state, before).resolvConf, after: filesOf(state, after).resolvConf },
    record: (tx) => tx.collection(placeRows).put(after.containerId, after),
    apply() {
      const stale = publicationsOf(state, before);
      state.places.set(after.containerId, after);
      republish(state, stale, publicationsOf(state, after));
      if (added) locate(state, added);
      if (removed) unjoin(state, removed);
      return turned(state, before, after);
    },
    undo() {
      if (!added?.link || !socket) return;
      removeLink(state, socket, added.link);
      unjoin(state, added);
    },
  };
}

/** The ports that the container's shim passes on, if their container is found at another address now. */
function turned(state: State, before: Place, after: Place): { handle: number; address: number }[] {
  const [had, has] = [before, after].map(({ endpoints }) => targetsOf(state, endpoints));
  if (!has?.v4 || had?.v4?.ip === has.v4.ip) return [];
  return after.ports.flatMap((port) => {
    const [relay] = relayOf(has, port);
    return relay && port.handle !== undefined ? [{ handle: port.handle, address: relay.address }] : [];
  });
}

function republish(
  state: State,
  before: ReturnType<typeof publicationsOf>,
  after: ReturnType<typeof publicationsOf>,
): void {
  const same = JSON.stringify(before) === JSON.stringify(after);
  if (same) return;
  if (before.length > 0) firewallOf(state).withdraw(before);
  if (after.length > 0) firewallOf(state).publish(after);
}
