import { EngineError, messageOf, within } from '../../../kit/index.ts';
import type { Context, Run } from '../../context.ts';
import { resolve } from '../../lookup.ts';
import { type ContainerRow, changeRow, findRow, getRow } from '../../row.ts';
import { forgetRestart } from '../again/restarts.ts';
import { resumeAfterSignal } from '../pause.ts';
import { parseSignal } from './signals.ts';
import { survivors } from './survivors.ts';

const SIGKILL = 9;
const defaultTimeout = 10;
/** How long a killed process may take to be gone, in milliseconds. */
const patience = 10_000;

/** See Containers.stop. */
export async function stop(
  context: Context,
  reference: string,
  options: { signal?: string; timeout?: number },
): Promise<void> {
  const row = resolve(context.store, reference);
  let stopped: boolean;
  try {
    stopped = await stopRunning(context, row.id, options);
  } catch (error) {
    throw new EngineError('internal', `cannot stop container: ${reference}: ${messageOf(error)}`, error);
  }
  if (!stopped) throw new EngineError('notModified', `Container ${row.id} is already stopped`);
}

/** Why a container is ended, when no user asks for its end. */
type Reason =
  /** The engine ends, and the restart policy holds for the next one. */
  | 'engine'
  /** It is not well, and its restart policy is to bring it back. */
  | 'policy';

/** The same for one that was resolved; false when it does not run. `again`: it will be started at once. */
export async function stopRunning(
  context: Context,
  id: string,
  options: { signal?: string; timeout?: number; again?: boolean; for?: Reason },
): Promise<boolean> {
  const run = await settledRun(context, id);
  const row = getRow(context.store, id);
  if (!run) {
    const cancelled = await cancelRestart(context, row);
    if (cancelled) context.events.publish(row, 'stop');
    return cancelled;
  }
  const signal = parseSignal(options.signal ?? row.config.StopSignal ?? 'SIGTERM');
  if (options.for === 'engine') run.stopping = true;
  else if (options.for !== 'policy') markStopped(context, row, run);
  if (options.again) run.again = true;
  await send(context, row, run, signal);
  const timeout = options.timeout ?? row.config.StopTimeout ?? defaultTimeout;
  if (timeout < 0) await run.ended;
  else if (!(await endsWithin(run, timeout * 1000))) await killAndWait(context, row, run);
  context.events.publish(row, 'stop');
  return true;
}

/** See Containers.kill. */
export async function kill(context: Context, reference: string, options: { signal?: string }): Promise<void> {
  try {
    const signal = parseSignal(options.signal || 'SIGKILL');
    await killResolved(context, resolve(context.store, reference), signal);
  } catch (error) {
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `cannot kill container: ${reference}: ${messageOf(error)}`, error);
  }
}

async function killResolved(context: Context, row: ContainerRow, signal: number): Promise<void> {
  const run = await settledRun(context, row.id);
  const ends = endsPolicy(row, signal);
  if (!run) {
    if (ends ? await cancelRestart(context, row) : getRow(context.store, row.id).state === 'restarting') return;
    throw new EngineError('conflict', `container ${row.id} is not running`);
  }
  markStopped(context, row, run, ends);
  if (signal === SIGKILL) await killAndWait(context, row, run);
  else await send(context, row, run, signal);
}

/** Ends a container that is about to be removed; fine when it does not run. */
export async function endByForce(context: Context, id: string): Promise<void> {
  const run = await settledRun(context, id);
  const row = findRow(context.store, id);
  if (!run || !row) return;
  run.stopping = true;
  await killAndWait(context, row, run);
}

/** The present run, after a start or an exit that is going on has been recorded. */
function settledRun(context: Context, id: string): Promise<Run | undefined> {
  return context.locks.run(id, async () => context.runs.get(id));
}

/** For Docker any signal means that its next end is meant, unless the container has a stop signal and it is another one. */
function endsPolicy({ config }: ContainerRow, signal: number): boolean {
  return signal === SIGKILL || !config.StopSignal || signal === parseSignal(config.StopSignal);
}

/** `unless-stopped` heeds every signal; with `ends` no policy brings it back. */
function markStopped(context: Context, row: ContainerRow, run: Run, ends = true): void {
  run.stopping ||= ends;
  // The next engine must know, too, in case this one does not live to see the exit.
  if (row.hostConfig.RestartPolicy?.Name !== 'no') changeRow(context.store, row.id, { manuallyStopped: true });
}

async function send(context: Context, row: ContainerRow, run: Run, signal: number): Promise<void> {
  const sent = run.process.signal(signal);
  // Before the answer is there: the end that it brings about may come in with it.
  context.events.publish(row, 'kill', { signal: String(signal) });
  try {
    await sent;
  } catch (error) {
    // It has ended by itself, which is as well.
    if (!(error instanceof EngineError && error.kind === 'conflict')) throw error;
  }
  await resumeAfterSignal(context, row.id, run, signal === SIGKILL);
}

async function killAndWait(context: Context, row: ContainerRow, run: Run): Promise<void> {
  await send(context, row, run, SIGKILL);
  if (await endsWithin(run, patience)) return;
  const left = await survivors(run.process);
  const words = 'tried to kill container, but did not receive an exit event';
  throw new EngineError('internal', left === '' ? words : `${words}: ${left}`);
}

async function endsWithin(run: Run, milliseconds: number): Promise<boolean> {
  return (await within(milliseconds, run.ended)) !== 'late';
}

/** A container between two lives of its restart policy stays as it is. */
async function cancelRestart(context: Context, row: ContainerRow): Promise<boolean> {
  return context.locks.run(row.id, async () => {
    const { state } = getRow(context.store, row.id);
    if (state !== 'restarting') return false;
    forgetRestart(context, row.id);
    changeRow(context.store, row.id, { state: 'exited', manuallyStopped: true });
    context.waiters.ended(row.id, { StatusCode: row.exitCode });
    return true;
  });
}
