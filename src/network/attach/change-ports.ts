import type { PortBinding } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Tx } from '../../store/index.ts';
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
  const sockets = reserved.sockets.map(({ fd }) => fd);
  return {
    ports: shownPorts(state, after),
    record: (tx) => tx.collection(placeRows).put(containerId, halfway),
    undo() {
      closeSockets(sockets);
      state.ports.claim(owner, place.ports);
    },
    async apply(holder) {
      for (const { fd, port } of reserved.sockets) port.handle = holder.hold(fd, relayOf(targets, port)[0]);
      closeSockets(sockets);
      state.places.set(containerId, after);
      for (const port of leaving) await free(state, holder, { ...place, ports: [port] });
      const opened = publicationsOf(state, { ...place, ports: reserved.ports });
      if (opened.length > 0) firewallOf(state).publish(opened);
      warnOfOpenPorts(state, after, reserved.ports);
      return { record: (tx: Tx) => tx.collection(placeRows).put(containerId, after) };
    },
  };
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
