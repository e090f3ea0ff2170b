import type { PortBinding } from '../../api/index.ts';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { PortChange, PortHolder } from '../contract.ts';
import { closeSockets } from '../ports/port-socket.ts';
import { type PortWish, portWishes } from '../ports/port-wishes.ts';
import type { PublishedPort, Reserved } from '../ports/ports.ts';
import { type Place, placeRows } from '../records/place.ts';
import { firewallOf, publicationsOf, type State } from '../state.ts';
import { bindingOf, boundTo, relayOf, shownPorts, targetsOf, warnOfOpenPorts } from './attach.ts';

type Bindings = Record<string, PortBinding[]>;

/** Networks.changePorts */
export function changePorts(state: State, containerId: string, add: Bindings, remove: Bindings): PortChange {
  const place = state.places.get(containerId);
  const targets = place && targetsOf(state, place.endpoints);
  if (!place || !targets || (!targets.v4 && !targets.v6)) {
    throw new EngineError('invalid', `container ${containerId} is on no network that ports are published on`);
  }
  const owner = { id: containerId, name: place.name };
  const leaving = leavingPorts(place, wishesOf(remove));
  const staying = place.ports.filter((port) => !leaving.includes(port));
  state.ports.claim(owner, staying);
  let reserved: Reserved;
  try {
    reserved = state.ports.reserve(owner, targets, boundTo(bindingOf(state, place.endpoints), wishesOf(add)));
  } catch (error) {
    state.ports.claim(owner, place.ports);
    throw error;
  }
  const after: Place = { ...place, changed: true, ports: [...staying, ...reserved.ports] };
  const halfway: Place = { ...after, leaving };
  const closeAll = () => closeSockets(reserved.sockets.map(({ fd }) => fd));
  return {
    ports: shownPorts(state, after),
    record: (tx) => tx.collection(placeRows).put(containerId, halfway),
    undo() {
      closeAll();
      state.ports.claim(owner, place.ports);
    },
    async apply(holder) {
      const [passedOn, plain] = partition(reserved.sockets, ({ port }) => relayOf(targets, port).length > 0);
      try {
        for (const { fd, port } of passedOn) port.handle = holder.hold(fd, relayOf(targets, port)[0]);
      } catch (error) {
        closeAll();
        throw error;
      }
      closeSockets(passedOn.map(({ fd }) => fd));
      state.places.set(containerId, after);
      for (const port of leaving) await free(state, holder, { ...place, ports: [port] });
      const opened = publicationsOf(state, { ...place, ports: reserved.ports });
      if (opened.length > 0) firewallOf(state).publish(opened);
      warnOfOpenPorts(state, after, reserved.ports);
      return () => settle(state, after, plain, holder);
    },
  };
}

/** The sockets go to the holder, which is written down: where a kill comes before that, `mend` does it. */
function settle(state: State, place: Place, sockets: Reserved['sockets'], holder: PortHolder): void {
  const { containerId } = place;
  crashpoint('network.portsOpened');
  try {
    // A container that has ended meanwhile has no ports any more.
    if (state.places.get(containerId) !== place) return;
    for (const { fd, port } of sockets) port.handle = holder.hold(fd);
    state.store.note((tx) => tx.collection(placeRows).put(containerId, place));
  } catch (error) {
    state.log.warn('ports are published but not reserved', { container: containerId, error: messageOf(error) });
  } finally {
    closeSockets(sockets.map(({ fd }) => fd));
  }
}

function partition<T>(list: T[], test: (value: T) => boolean): [T[], T[]] {
  return [list.filter(test), list.filter((value) => !test(value))];
}

async function free(state: State, holder: PortHolder, leaving: Place): Promise<void> {
  const closed = publicationsOf(state, leaving);
  if (closed.length > 0) firewallOf(state).withdraw(closed);
  for (const { handle } of leaving.ports) if (handle !== undefined) await holder.unhold(handle);
}

function wishesOf(portBindings: Bindings): PortWish[] {
  return portWishes({ portBindings, exposedPorts: [], publishAll: false });
}

/** A wish without a host port means all that the container's port is published at. */
function leavingPorts(place: Place, wishes: PortWish[]): PublishedPort[] {
  return wishes.flatMap((wish) => {
    const found = place.ports.filter((port) => isMeant(port, wish));
    if (found.length > 0) return found;
    const at = wish.first === 0 ? '' : ` at ${wish.hostIp || '0.0.0.0'}:${wish.first}`;
    const what = `${wish.containerPort}/${wish.protocol}`;
    throw new EngineError('notFound', `port ${what} of container ${place.name} is not published${at}`);
  });
}

function isMeant(port: PublishedPort, { protocol, containerPort, hostIp, first, last }: PortWish): boolean {
  if (port.protocol !== protocol || port.containerPort !== containerPort) return false;
  if (first !== 0 && (port.hostPort < first || port.hostPort > last)) return false;
  return hostIp === '' || (port.hostIp || (port.family === 6 ? '::' : '0.0.0.0')) === hostIp;
}
