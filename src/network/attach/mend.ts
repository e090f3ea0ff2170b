import { closeFd, openNetlinkOn, rtnetlink } from '../../host/index.ts';
import type { Mendable } from '../contract.ts';
import { bindPort, closeSockets } from '../ports/port-socket.ts';
import { type Place, placeRows } from '../records/place.ts';
import type { State } from '../state.ts';
import { relayOf, targetsOf } from './attach.ts';
import { acknowledged, exits } from './furniture.ts';

/** Networks.mend */
export function mend(state: State, containerId: string, process: Mendable): void {
  const place = state.places.get(containerId);
  if (!place?.changed) return;
  const inside = process.openNetwork();
  try {
    mendRoutes(place, openNetlinkOn(inside));
  } finally {
    closeFd(inside);
  }
  if (holdPorts(state, place, process)) {
    state.store.note((tx) => {
      tx.collection(placeRows).put(containerId, place);
    });
  }
}

/** The way out is where the networks that are left lead. */
function mendRoutes({ endpoints }: Place, socket: ReturnType<typeof openNetlinkOn>): void {
  const wanted = exits(endpoints);
  const present = ([4, 6] as const).flatMap((family) => rtnetlink.defaultGateways(socket, family));
  const isIn = (list: typeof wanted, { gateway, index }: (typeof wanted)[number]): boolean =>
    list.some((other) => other.gateway === gateway && other.index === index);
  for (const stale of present.filter((exit) => !isIn(wanted, exit))) {
    socket.send('take a default route away', [rtnetlink.deleteDefaultRoute(stale.gateway, stale.index)]);
  }
  for (const missing of wanted.filter((exit) => !isIn(present, exit))) {
    socket.send('give a default route', [acknowledged([rtnetlink.defaultRoute(missing.gateway, missing.index)])]);
  }
}

/** A port that was written down but not yet in the shim's hands can still be bound. */
function holdPorts(state: State, place: Place, process: Mendable): boolean {
  let held = false;
  for (const port of place.ports) {
    if (port.handle !== undefined || port.hostPort === 0) continue;
    const ip = port.hostIp || (port.family === 6 ? '::' : '0.0.0.0');
    const socket = bindPort(port.protocol, ip, port.hostPort);
    if (socket < 0) continue;
    port.handle = process.hold(socket, relayOf(targetsOf(state, place.endpoints), port)[0]);
    closeSockets([socket]);
    held = true;
  }
  return held;
}
