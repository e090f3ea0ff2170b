import { messageOf } from '../../../kit/index.ts';
import type { Exit, Process } from '../../../runtime/index.ts';
import { restartRemade } from '../../change/restart-remade.ts';
import type { Context } from '../../context.ts';
import { recordExecExit, watchExec } from '../../exec/exec-launch.ts';
import { type ExecRecord, type ExecRow, execRows } from '../../exec/exec-records.ts';
import { killProbe } from '../../health/probe.ts';
import { keepLog } from '../../log/shipping.ts';
import { sweepSources } from '../../mounts/sources.ts';
import { type ContainerRow, changeRow, findRow, never, rowsOf } from '../../row.ts';
import { snapshotsOf } from '../../snapshots/records.ts';
import { idleNetworks } from '../../view/network-settings.ts';
import { clearAway, tombstone } from '../end/clear.ts';
import { recordExit, watch } from '../end/exit.ts';
import { endBriefPause, isFrozen } from '../pause.ts';
import { asRunning } from '../start/start.ts';
import { dependenciesOf, inOrder } from './order.ts';
import { startsWithEngine } from './restart-policy.ts';
import { forgetRestart, restartNow } from './restarts.ts';

/** See Containers.restore. First what lives is taken over, then what ended is recorded, and only then anything is removed. */
export async function restore(context: Context): Promise<void> {
  const rows = context.store.view((tx) => rowsOf(tx).all()).map(({ document }) => document);
  context.health.restore();
  const begun = rows.filter(({ state }) => state === 'running' || state === 'starting');
  const ended = await Promise.all(begun.map((row) => recover(context, row)));
  await restoreExecs(context);
  await context.networks.restore((id) => context.runs.has(id));
  await mendNetworks(context);
  for (const [index, exit] of ended.entries()) {
    const row = begun[index];
    if (exit && row) await recordExit({ context, id: row.id, exit, told: () => undefined });
  }
  context.logs.shippers.restore((id) => context.runs.has(id));
  sweepSources(context);
  await context.volumes.releaseUnused();
  await context.runtime.sweep((id) => context.runs.has(id) || context.execs.get(id)?.state === 'running');
  await context.snapshots.sweep({
    container: (id) => findRow(context.store, id) !== undefined,
    layer: () => true,
    frozen: (id, name) => snapshotsOf(context.store, id).some(({ Name }) => Name === name),
  });
  for (const { id } of rows) await tidy(context, id);
  // Clients are answered meanwhile.
  void resumeAll(
    context,
    rows.map(({ id }) => id),
  );
  for (const before of begun) {
    const row = findRow(context.store, before.id);
    if (row && context.runs.has(row.id) && !row.paused) watchHealth(context, row, before);
    if (row?.next?.restart && context.runs.has(row.id)) void goOn(context, row);
  }
}

/** An engine that ended in the middle of a start did not come to its health: that is still the one of the end before. */
function watchHealth({ health }: Context, row: ContainerRow, before: ContainerRow): void {
  const { Status, FailingStreak } = health.of(row.id) ?? {};
  const isOfItsEnd = Status === 'unhealthy' && FailingStreak === 0;
  if (before.state === 'starting' || isOfItsEnd) health.begin(row);
  else health.resume(row);
}

/** The engine ended between a change and the restart that was asked for with it. */
async function goOn(context: Context, { id }: ContainerRow): Promise<void> {
  try {
    await restartRemade(context, id);
  } catch (error) {
    context.log.error('a container that was changed could not be restarted', { id, error: messageOf(error) });
  }
}

async function mendNetworks(context: Context): Promise<void> {
  for (const [id, { process }] of context.runs) {
    try {
      await context.networks.mend(id, process);
    } catch (error) {
      context.log.warn('the network of a container could not be set right', { id, error: messageOf(error) });
    }
  }
}

/** Takes a living process over; returns the exit of one that has ended. */
async function recover(context: Context, row: ContainerRow): Promise<Exit | undefined> {
  for (const { type, name } of row.mounts) if (type === 'volume') await resumeVolume(context, name, row.id);
  const found = await context.runtime.recover(row.id, row.token);
  if (found && !isProcess(found)) return found;
  if (found) adopt(context, row, found);
  else if (row.state === 'running') return lost(context);
  else await neverRan(context, row);
  return undefined;
}

/** What it has mounted it keeps, also where the volume's driver cannot be asked now. */
async function resumeVolume(context: Context, name: string, id: string): Promise<void> {
  try {
    await context.volumes.resume(name, id);
  } catch (error) {
    context.log.warn('a volume of a container is not where it was', { id, volume: name, error: messageOf(error) });
  }
}

/** It ran, and nothing is left to tell of it: the machine was restarted. Docker's code for that is 255. */
function lost(context: Context): Exit {
  const at = new Date(Number(context.clock() / 1_000_000n));
  return { code: 255, oom: false, at, reason: 'the container was gone when the engine came back' };
}

const isProcess = (found: Process | Exit): found is Process => 'exited' in found;

function adopt(context: Context, row: ContainerRow, process: Process): void {
  if (row.state === 'starting') changeRow(context.store, row.id, asRunning(process));
  if (row.briefly) endBriefPause(context, row, { process });
  const paused = isFrozen({ process });
  if (paused !== (row.paused ?? false)) changeRow(context.store, row.id, { paused });
  watch(context, row.id, process);
  keepLog(context, row);
  const run = context.runs.get(row.id);
  if (run) run.stopping = row.manuallyStopped;
}

/** The engine ended in the middle of its start. */
async function neverRan(context: Context, row: ContainerRow): Promise<void> {
  await context.volumes.release(row.id);
  const change: Partial<ContainerRow> = {
    state: row.again ? 'restarting' : row.startedAt === never ? 'created' : 'exited',
    pid: 0,
    paused: false,
    exitCode: 128,
    error: 'the engine ended while the container was being started',
    networks: idleNetworks(row),
    ports: {},
  };
  changeRow(context.store, row.id, change, (tx) => {
    context.networks.forget(tx, row.id);
    tx.refs.add(`container:${row.id}`, `image:${row.imageId}`);
  });
}

async function restoreExecs(context: Context): Promise<void> {
  const rows = context.store.view((tx) => tx.collection(execRows).all());
  await Promise.all(rows.map(({ id, document }) => restoreExec(context, id, document)));
}

async function restoreExec(context: Context, id: string, row: ExecRow): Promise<void> {
  const { containerId, token, config, probe } = row;
  const record: ExecRecord = { id, containerId, config, state: 'running', exitCode: null, pid: 0 };
  const found = await context.runtime.recover(id, token);
  if (found) context.execs.add(record);
  if (found && isProcess(found)) {
    record.pid = found.pid;
    void watchExec(context, record, found);
    if (probe) killProbe(context, found);
  } else if (found) {
    recordExecExit(context, record, found);
  } else {
    context.store.update((tx) => tx.collection(execRows).delete(id));
  }
}

/** Finishes removals, and removes what was to remove itself. */
async function tidy(context: Context, id: string): Promise<void> {
  const row = findRow(context.store, id);
  if (!row || context.runs.has(id)) return;
  // One that was changed is between two lives, though it removes itself at its end.
  const gone = row.state === 'removing' || (row.hostConfig.AutoRemove && row.state !== 'restarting');
  if (!gone) return;
  try {
    await clearAway(context, row.name === null ? row : tombstone(context, row, { volumes: true }));
  } catch (error) {
    context.log.error('the remains of a container could not be removed', { id, error: messageOf(error) });
  }
}

/** Brings back what its policy wants to run, each after those it depends on. */
async function resumeAll(context: Context, ids: string[]): Promise<void> {
  const due = ids.flatMap((id) => dueRow(context, id) ?? []);
  const needs = new Map(due.map((row) => [row.id, dependenciesOf(context.store, row)]));
  await inOrder(needs, (id) => restartNow(context, id));
}

/** The row of a container that is to be started now, in state `restarting`. */
function dueRow(context: Context, id: string): ContainerRow | undefined {
  const row = findRow(context.store, id);
  if (!row || row.name === null || context.runs.has(id)) return undefined;
  if (row.state === 'restarting') {
    // Those whose end was just recorded have a time of their own.
    forgetRestart(context, id);
    return row;
  }
  if (row.state !== 'exited' || !startsWithEngine(row)) return undefined;
  return changeRow(context.store, id, { state: 'restarting', restartCount: 0 });
}
