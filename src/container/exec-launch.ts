import { asEngineError, crashpoint, EngineError, newToken } from '../kit/index.ts';
import { type Exit, type Pending, type Process, startExitCode } from '../runtime/index.ts';
import type { Context } from './context.ts';
import { type ExecRecord, execRows } from './exec-records.ts';
import { readInProcess } from './process-root.ts';
import { type ContainerRow, findRow, getRow } from './row.ts';
import { execProcess } from './spec/index.ts';
import { loadSpec } from './spec-file.ts';

export type Size = [rows: number, columns: number];

interface ExecStart {
  context: Context;
  record: ExecRecord;
  size?: Size;
  /** The process waits at the gate: attach to it now. */
  ready(process: Process): Promise<void>;
}

/** Starts an exec; resolves once it runs. `ended` is its recorded end. Errors are in runc's words. */
export async function launchExec({ context, record, size, ready }: ExecStart): Promise<{ ended: Promise<void> }> {
  const row = getRow(context.store, record.containerId);
  const token = newToken();
  let pending: Pending | undefined;
  try {
    const launch = await request(context, row, record, { token, ...(size && { size }) });
    pending = await context.runtime.exec(launch);
    const { process } = pending;
    const stored = { containerId: row.id, token, config: record.config };
    context.store.update((tx) => tx.collection(execRows).put(record.id, stored));
    crashpoint('container.execStarting');
    record.process = process;
    await ready(process);
    context.events.publish(row, `exec_start: ${(record.config.Cmd ?? []).join(' ')}`, { execID: record.id });
    const { go } = pending;
    // A failure of `go` has undone itself.
    pending = undefined;
    await go();
    record.pid = process.pid;
    const ended = watchExec(context, record, process);
    ended.catch((error) => context.log.error('the end of an exec could not be recorded', { id: record.id, error }));
    return { ended };
  } catch (error) {
    await pending?.abort();
    throw failed(context, record, error);
  }
}

async function request(
  context: Context,
  row: ContainerRow,
  record: ExecRecord,
  { token, size }: { token: string; size?: Size },
) {
  const run = context.runs.get(row.id);
  if (!run) throw new EngineError('conflict', `container ${row.id} is not running`);
  const { config } = record;
  const spec = loadSpec(context, row.id);
  const tty = config.Tty ?? false;
  const consoleSize = tty ? (size ?? (config.ConsoleSize as Size | undefined)) : undefined;
  const process = execProcess({
    exec: config,
    config: row.config,
    hostConfig: row.hostConfig,
    spec,
    readInRoot: readInProcess(run.process.pid),
    facts: context.facts,
    ...(consoleSize && { size: consoleSize }),
  });
  const stdio = {
    tty,
    openStdin: config.AttachStdin ?? false,
    stdinOnce: (config.AttachStdin ?? false) && !tty,
    ...(consoleSize && { size: consoleSize }),
  };
  return { id: record.id, token, containerId: row.id, process, spec, stdio };
}

/** Records the end of an exec when it comes. */
export async function watchExec(context: Context, record: ExecRecord, process: Process): Promise<void> {
  record.process = process;
  const exit = await process.exited;
  if (context.closing) return;
  await recordExecExit(context, record, exit);
  await process.release();
}

/** The exit of an exec, also of one that ended while no engine looked. */
export async function recordExecExit(context: Context, record: ExecRecord, exit: Exit): Promise<void> {
  record.state = 'exited';
  record.exitCode = exit.code;
  context.execs.ended(record);
  const row = findRow(context.store, record.containerId);
  if (row) context.events.publish(row, 'exec_die', { execID: record.id, exitCode: String(exit.code) });
  context.store.update((tx) => tx.collection(execRows).delete(record.id));
  crashpoint('container.execEnded');
}

function failed(context: Context, record: ExecRecord, cause: unknown): EngineError {
  const error = asEngineError(cause);
  record.state = 'exited';
  record.exitCode = startExitCode(error);
  context.execs.ended(record);
  context.store.update((tx) => tx.collection(execRows).delete(record.id));
  return error;
}
