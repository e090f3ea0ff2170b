import { crashpoint } from '../../../kit/index.ts';
import type { Exit, Process } from '../../../runtime/index.ts';
import type { Tx } from '../../../store/index.ts';
import { holdUsed, takenOver } from '../../change/remake.ts';
import { formatTime, parseMilliseconds } from '../../clock.ts';
import type { Context, Run } from '../../context.ts';
import { endLog } from '../../log/shipping.ts';
import { type ContainerRow, changeIn, changeRow, findRow } from '../../row.ts';
import { addressesOf, idleNetworks } from '../../view/network-settings.ts';
import { restartsAfterExit } from '../again/restart-policy.ts';
import { scheduleRestart } from '../again/restarts.ts';
import { tellLeft } from '../related-events.ts';
import { clearAway, tombstone } from './clear.ts';

/** From here on clients find a container's process, though it may not have been let go yet. */
export function enroll(context: Context, id: string, process: Process): Run {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run: Run = { process, ended: promise, end: resolve, stopping: false };
  context.runs.set(id, run);
  return run;
}

/** Takes a process into this engine's care until it has ended and its end is recorded. */
export function watch(context: Context, id: string, process: Process): void {
  const known = context.runs.get(id);
  const { end } = known?.process === process ? known : enroll(context, id, process);
  process.onOom(() => recordOom(context, id, process));
  void process.exited.then((exit) => recordUntilDone({ context, id, exit, process, told: end }));
}

/** The kernel killed something in it, which need not be its end. */
function recordOom(context: Context, id: string, process: Process): void {
  if (context.closing || context.runs.get(id)?.process !== process) return;
  const row = context.store.note((tx) => changeIn(tx, id, { oomKilled: true }));
  crashpoint('container.oom');
  context.events.publish(row, 'oom');
}

const retryAfter = 1000;

/** What happened must be written down, however long the disk refuses; the runtime keeps its own record as long. */
async function recordUntilDone(ending: Ending): Promise<void> {
  const { context, id } = ending;
  let told = false;
  const tell = () => {
    told = true;
    ending.told();
  };
  try {
    await context.locks.run(id, () => recordExit({ ...ending, told: tell }));
  } catch (error) {
    context.log.error(told ? 'an exit left something behind' : 'an exit could not be recorded', { id, error });
    if (told || context.closing) return;
    await new Promise((resolve) => setTimeout(resolve, retryAfter));
    await recordUntilDone(ending);
  }
}

interface Ending {
  context: Context;
  id: string;
  exit: Exit;
  /** None when an earlier engine's process ended while no engine looked. */
  process?: Process;
  told: () => void;
}

/** Commit, events, those who wait; only then what takes time. Called with the container's lock held. */
export async function recordExit({ context, id, exit, process, told }: Ending): Promise<void> {
  const before = findRow(context.store, id);
  // An engine that closes leaves the record to the next one.
  if (!before || context.closing) return;
  const run = context.runs.get(id);
  // A user asked for its end and its next start in one.
  const remade = before.next?.restart === true;
  const again = remade || (!run?.stopping && restartsAfterExit(before, exit.code));
  const stays = run?.again || remade || !before.hostConfig.AutoRemove;
  const ended = () => commitExit(context, before, exit, { again, stays });
  const row = context.tracer.span('container.exit', ended, { 'container.id': id, 'container.exit_code': exit.code });
  crashpoint('container.exited');
  context.runs.delete(id);
  context.health.halt(id);
  endLog(context, before);
  tellExit(context, before, exit);
  const gone = row.state === 'removing';
  if (gone) context.events.publish(before, 'destroy');
  const response = { StatusCode: exit.code };
  if (gone) context.waiters.removed(id, response);
  else context.waiters.ended(id, response);
  told();
  await context.tracer.span('network.release', () => context.networks.release(id));
  await process?.release();
  await context.volumes.release(id);
  if (gone) await clearAway(context, row);
  if (again && !remade) scheduleRestart(context, row);
}

function commitExit(
  context: Context,
  row: ContainerRow,
  exit: Exit,
  { again, stays }: { again: boolean; stays: boolean },
): ContainerRow {
  const change: Partial<ContainerRow> = {
    state: again ? 'restarting' : 'exited',
    pid: 0,
    paused: false,
    briefly: undefined,
    exitCode: exit.code,
    error: exit.reason ?? '',
    oomKilled: exit.oom || row.oomKilled,
    finishedAt: formatTime(exit.at),
    networks: idleNetworks(row),
    ports: {},
    ...(again && { restartCount: row.restartCount + 1 }),
    ...(row.next && takenOver(row, row.next)),
    kept: undefined,
    ...(row.next?.restart && { restartCount: 0, kept: addressesOf(row) }),
  };
  const also = (tx: Tx) => context.networks.forget(tx, row.id);
  if (!stays) return tombstone(context, { ...row, ...change }, { volumes: true, also });
  return changeRow(context.store, row.id, change, (tx) => {
    also(tx);
    tx.refs.add(`container:${row.id}`, `image:${row.imageId}`);
    if (row.next) holdUsed(tx, { ...row, ...change });
  });
}

function tellExit(context: Context, row: ContainerRow, exit: Exit): void {
  // Where no engine was there to hear of it.
  if (exit.oom && !row.oomKilled) context.events.publish(row, 'oom');
  tellLeft(context, row);
  const seconds = Math.max(0, Math.floor((exit.at.getTime() - parseMilliseconds(row.startedAt)) / 1000));
  context.events.publish(row, 'die', { exitCode: String(exit.code), execDuration: String(seconds) });
}
