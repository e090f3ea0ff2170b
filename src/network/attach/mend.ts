import { closeFd, openNetlinkOn, rtnetlink } from '../../host/index.ts';
import type { Mendable } from '../contract.ts';
import { isLineDriver } from '../macvlan/options.ts';
import { bindPort, closeSockets } from '../ports/port-socket.ts';
import { type Place, placeRows } from '../records/place.ts';
import type { State } from '../state.ts';
import { relayOf, targetsOf } from './attach.ts';
import { acknowledged, exits } from './furniture.ts';

/** Networks.mend */
export async function mend(state: State, containerId: string, process: Mendable): Promise<void> {
  const place = state.places.get(containerId);
  // An interface beside the host is seen nowhere else: it may have come without having been written down.
  if (!place || (!place.changed && state.lines.size === 0)) return;
  const inside = process.openNetwork();
  try {
    const socket = openNetlinkOn(inside);
    const strayed = removeStrays(place, socket);
    if (place.changed || strayed) mendRoutes(place, socket);
  } finally {
    closeFd(inside);
  }
  if (!place.changed) return;
  const freed = await freeLeaving(place, process);
  if (holdPorts(state, place, process) || freed) {
    state.store.note((tx) => {
      tx.collection(placeRows).put(containerId, place);
    });
  }
}

/** What the monitor does not hold any more it refuses to let go, which is as well. */
async function freeLeaving(place: Place, process: Mendable): Promise<boolean> {
  const { leaving } = place;
  if (leaving === undefined) return false;
  for (const { handle } of leaving) if (handle !== undefined) await process.unhold(handle).catch(() => undefined);
  delete place.leaving;
  return true;
}

/** Takes interfaces beside the host away that belong to no endpoint; whether there were any. */
function removeStrays({ endpoints }: Place, socket: ReturnType<typeof openNetlinkOn>): boolean {
  const known = new Set(endpoints.map(({ link }) => link?.inside));
  const strays = rtnetlink.links(socket).filter(({ kind, index }) => isLineDriver(kind) && !known.has(index));
  for (const { index } of strays) socket.send('take an interface away', [rtnetlink.deleteLink(index)]);
  return strays.length > 0;
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
