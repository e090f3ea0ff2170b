import { asEngineError, crashpoint, EngineError, newToken } from '../../../kit/index.ts';
import { type Pending, type Process, startExitCode } from '../../../runtime/index.ts';
import { checkedImages } from '../../checkpoints/checkpoints.ts';
import type { FromCheckpoint } from '../../checkpoints/contract.ts';
import { formatTime } from '../../clock.ts';
import type { Context } from '../../context.ts';
import { tellParents } from '../../links/links.ts';
import { beginLog, endLog } from '../../log/shipping.ts';
import { type ContainerRow, changeIn, changeRow, getRow, rowsOf } from '../../row.ts';
import { idleNetworks } from '../../view/network-settings.ts';
import { forgetRestart } from '../again/restarts.ts';
import { clearAway, tombstone } from '../end/clear.ts';
import { enroll, watch } from '../end/exit.ts';
import { tellJoined } from '../related-events.ts';
import { beginLaunch } from './launch.ts';
import { enterNetwork, type NetworkPlace } from './network-mode.ts';

const SIGKILL = 9;

/** Who wants the start: a user, or the restart policy for a container in state `restarting`. */
export type StartReason = 'user' | 'policy';

/** Starts a container that was resolved; `notModified` when it runs. All is undone when it fails. */
export async function start(context: Context, id: string, reason: StartReason, from?: FromCheckpoint): Promise<void> {
  await context.locks.run(id, async () => {
    const row = getRow(context.store, id);
    if (context.removing.has(id)) {
      throw new EngineError('conflict', 'container is marked for removal and cannot be started');
    }
    if (row.paused) throw new EngineError('conflict', 'cannot start a paused container, try unpause instead');
    // One between two lives counts as running.
    const wanted = reason === 'policy' ? row.state === 'restarting' : row.state === 'created' || row.state === 'exited';
    if (!wanted) throw new EngineError('notModified', `Container ${id} is already running`);
    if (reason === 'user') forgetRestart(context, id);
    const images = from && (await checkedImages(context, row, from));
    const about = { 'container.id': id, 'container.name': row.name ?? '', 'container.image': row.imageId };
    await context.tracer.span('container.start', () => startLocked(context, row, { reason, images }), about);
  });
}

interface Wanted {
  reason: StartReason;
  /** A checkpoint's directory. */
  images: string | undefined;
}

async function startLocked(context: Context, row: ContainerRow, { reason, images }: Wanted): Promise<void> {
  const { tracer } = context;
  let launching: Promise<Pending> | undefined;
  let releaseSources: (() => void) | undefined;
  try {
    const place = await tracer.span('network.allocate', () => enterNetwork(context, row));
    const again = row.state === 'restarting';
    const restoredBy = images === undefined ? undefined : restorer(row);
    const given = { ...placed(row, place), restoredBy, token: newToken() };
    const starting: ContainerRow = { ...row, ...given, state: 'starting', again };
    const logging = beginLog(context, starting);
    if (logging) await logging;
    const begun = tracer.span('start.launch', () => beginLaunch(context, starting, place, images));
    ({ launching, releaseSources } = await begun);
    // While the child furnishes itself, its ports open and the start is written down.
    const published =
      place.kind === 'own' ? tracer.span('network.connect', () => place.attachment.publish()) : undefined;
    published?.catch(() => undefined);
    const recorded = tracer.span('start.record', () => recordStarting(context, starting, place));
    recorded.catch(() => undefined);
    const ready = launching;
    const pending = await tracer.span('start.furnish', () => ready);
    await Promise.all([published, recorded, seatGuests(context, row.id, pending.process)]);
    launching = undefined;
    const running = { ...starting, restartCount: reason === 'user' ? 0 : row.restartCount };
    await tracer.span('start.exec', () => letGo(context, running, pending));
  } catch (error) {
    const waiting = await launching?.catch(() => undefined);
    await waiting?.abort();
    await undo(context, row, error);
  } finally {
    releaseSources?.();
  }
}

/** The native runtime's containers are brought back by runc. */
function restorer({ hostConfig }: ContainerRow): string {
  const { Runtime: runtime } = hostConfig;
  return !runtime || runtime === 'native' ? 'runc' : runtime;
}

/** From here on clients find the process by itself; those who came before are let in. */
async function seatGuests(context: Context, id: string, process: Process): Promise<void> {
  enroll(context, id, process);
  await context.lobby.open(id, process);
}

/** What the row says of the network it is started into. */
function placed(row: ContainerRow, place: NetworkPlace): Partial<ContainerRow> {
  if (place.kind === 'own') return { networks: place.attachment.networks, ports: place.attachment.ports };
  const { Hostname = '', Domainname = '' } = place.row.config;
  return { networkOf: place.row.id, networks: {}, ports: {}, config: { ...row.config, Hostname, Domainname } };
}

/** Resolves once it is on the disk; without room there it is refused at once. */
async function recordStarting(context: Context, row: ContainerRow, place: NetworkPlace): Promise<void> {
  const { store } = context;
  store.admit(
    (tx) => {
      rowsOf(tx).put(row.id, row);
      if (place.kind === 'own') place.attachment.record(tx);
      tx.refs.add(`container:${row.id}`, `image:${row.imageId}`, 'running');
    },
    { wait: false },
  );
  await store.flush();
  crashpoint('container.starting');
}

/** A failure of `go` has undone itself; after it the process lives, and must be in the store or go. */
async function letGo(context: Context, row: ContainerRow, pending: Pending): Promise<void> {
  const { process } = pending;
  await pending.go();
  let running: ContainerRow;
  try {
    // That it runs is what its shim would tell the next engine, too.
    running = context.store.note((tx) => changeIn(tx, row.id, { ...row, ...asRunning(process) }));
  } catch (error) {
    await process.signal(SIGKILL);
    await process.exited;
    await process.release();
    throw error;
  }
  crashpoint('container.running');
  watch(context, row.id, process);
  context.health.begin(running);
  tellJoined(context, running);
  context.events.publish(running, 'start');
  setImmediate(tellParents, context, running);
}

/** What a row says of a process that runs. */
export function asRunning(process: Process): Partial<ContainerRow> {
  return {
    state: 'running',
    pid: process.pid,
    startedAt: formatTime(process.startedAt),
    exitCode: 0,
    error: '',
    oomKilled: false,
    manuallyStopped: false,
    paused: false,
  };
}

/** Puts the container back to what it was, with Docker's exit code and error for a start that failed; rethrows. */
async function undo(context: Context, row: ContainerRow, cause: unknown): Promise<never> {
  const error = asEngineError(cause);
  const exitCode = startExitCode(error);
  context.runs.get(row.id)?.end();
  context.runs.delete(row.id);
  endLog(context, row);
  await context.volumes.release(row.id);
  context.lobby.dismiss(row.id);
  const back: ContainerRow = {
    ...row,
    state: row.state === 'created' ? 'created' : 'exited',
    networks: idleNetworks(row),
    exitCode,
    error: error.message,
  };
  const response = { StatusCode: exitCode };
  if (row.hostConfig.AutoRemove) {
    const stone = tombstone(context, back, { volumes: true, also: (tx) => context.networks.forget(tx, row.id) });
    context.events.publish(row, 'destroy');
    context.waiters.removed(row.id, response);
    await clearAway(context, stone);
  } else {
    changeRow(context.store, row.id, back, (tx) => {
      context.networks.forget(tx, row.id);
      tx.refs.add(`container:${row.id}`, `image:${row.imageId}`);
    });
    context.waiters.ended(row.id, response);
    await context.networks.release(row.id);
  }
  throw error;
}
