import { asEngineError, crashpoint, EngineError, newToken } from '../../kit/index.ts';
import { type Exit, type Pending, type Process, startExitCode } from '../../runtime/index.ts';
import type { Context } from '../context.ts';
import { runtimeOf } from '../life/start/launch.ts';
import { loadSpec } from '../life/start/spec-file.ts';
import { presentLinkEnv } from '../links/links.ts';
import { type ContainerRow, findRow, getRow } from '../row.ts';
import { execProcess } from '../spec/index.ts';
import { type ExecRecord, execRows } from './exec-records.ts';
import { readInProcess } from './process-root.ts';

export type Size = [rows: number, columns: number];

interface ExecStart {
  context: Context;
  record: ExecRecord;
  size?: Size;
  /** The process waits at the gate: attach to it now. */
  ready(process: Process): Promise<void>;
}

/** Starts an exec; resolves once it runs. `ended` is its recorded end. Errors are in runc's words. */
export function launchExec(start: ExecStart): Promise<{ ended: Promise<void> }> {
  const { containerId, id } = start.record;
  const about = { 'container.id': containerId, 'exec.id': id };
  return start.context.tracer.span('exec.start', () => launch(start), about);
}

async function launch({ context, record, size, ready }: ExecStart): Promise<{ ended: Promise<void> }> {
  const row = getRow(context.store, record.containerId);
  const token = newToken();
  let launching: Promise<Pending> | undefined;
  try {
    launching = context.runtime.exec(request(context, row, record, { token, ...(size && { size }) }));
    // From here on a failure of one must not leave the other's unheard.
    launching.catch(() => undefined);
    const stored = { containerId: row.id, token, config: record.config, ...(record.probe && { probe: record.probe }) };
    context.store.note((tx) => tx.collection(execRows).put(record.id, stored));
    crashpoint('container.execStarting');
    const { process, go } = await launching;
    record.process = process;
    await ready(process);
    context.events.ofExec(row, 'exec_start', { id: record.id, command: record.config.Cmd ?? [] });
    // A failure of `go` has undone itself.
    launching = undefined;
    await go();
    record.pid = process.pid;
    return { ended: watchExec(context, record, process) };
  } catch (error) {
    const waiting = await launching?.catch(() => undefined);
    await waiting?.abort();
    throw failed(context, record, error);
  }
}

function request(
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
    linkedEnv: presentLinkEnv(context, row),
    hostConfig: row.hostConfig,
    spec,
    readInRoot: readInProcess(run.process),
    facts: context.facts,
    ...(consoleSize && { size: consoleSize }),
  });
  const stdio = {
    tty,
    openStdin: config.AttachStdin ?? false,
    stdinOnce: (config.AttachStdin ?? false) && !tty,
    ...(consoleSize && { size: consoleSize }),
  };
  const runtime = runtimeOf(row);
  return { id: record.id, token, containerId: row.id, process, spec, stdio, ...(runtime && { runtime }) };
}

/** Takes an exec's process into this engine's care; resolves once its end is told. */
export function watchExec(context: Context, record: ExecRecord, process: Process): Promise<void> {
  record.process = process;
  const about = { 'container.id': record.containerId, 'exec.id': record.id, 'exec.probe': record.probe ?? false };
  const told = process.exited.then((exit) => {
    const tell = () => tellExecExit(context, record, exit);
    if (!context.closing) context.tracer.span('exec.exit', tell, { ...about, 'exec.exit_code': exit.code });
  });
  told
    .then(() => (context.closing ? undefined : forgetExec(context, record, process)))
    .catch((error) => context.log.error('an exec could not be cleared away', { id: record.id, error }));
  return told;
}

function tellExecExit(context: Context, record: ExecRecord, exit: Exit): void {
  record.state = 'exited';
  record.exitCode = exit.code;
  context.execs.ended(record);
  const row = findRow(context.store, record.containerId);
  if (row) context.events.publish(row, 'exec_die', { execID: record.id, exitCode: String(exit.code) });
}

async function forgetExec(context: Context, record: ExecRecord, process: Process): Promise<void> {
  // The client hears of the end first.
  await new Promise(setImmediate);
  context.store.note((tx) => tx.collection(execRows).delete(record.id));
  crashpoint('container.execEnded');
  await process.release();
}

/** The end of an exec that came while no engine looked. */
export function recordExecExit(context: Context, record: ExecRecord, exit: Exit): void {
  tellExecExit(context, record, exit);
  context.store.note((tx) => tx.collection(execRows).delete(record.id));
  crashpoint('container.execEnded');
}

function failed(context: Context, record: ExecRecord, cause: unknown): EngineError {
  const error = asEngineError(cause);
  record.state = 'exited';
  record.exitCode = startExitCode(error);
  context.execs.ended(record);
  context.store.note((tx) => tx.collection(execRows).delete(record.id));
  return error;
}
