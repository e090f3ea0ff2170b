import type { Duplex } from 'node:stream';
import { type ExecConfig, type ExecInspectResponse, frame } from '../../api/index.ts';
import { EngineError, messageOf, newId } from '../../kit/index.ts';
import { createDetachScanner, parseDetachKeys } from '../attach/detach-keys.ts';
import { splice } from '../attach/splice.ts';
import type { Context } from '../context.ts';
import type { AttachSession } from '../contract.ts';
import { resolve } from '../lookup.ts';
import { getRow } from '../row.ts';
import { checkExecUser } from '../spec/index.ts';
import { launchExec, type Size } from './exec-launch.ts';
import type { ExecRecord } from './exec-records.ts';
import { readInProcess } from './process-root.ts';
import { createRecoder } from './recode.ts';

type ExecRequest = ExecConfig & { ConsoleSize?: [number, number] };

/** See Containers.execCreate. */
export function execCreate(context: Context, reference: string, config: ExecRequest): { Id: string } {
  const { Cmd = [] } = config;
  if (!Cmd?.length) throw new EngineError('invalid', 'No exec command specified');
  const row = resolve(context.store, reference);
  if (row.state === 'restarting') {
    throw new EngineError('conflict', `Container ${row.id} is restarting, wait until the container is running`);
  }
  const run = context.runs.get(row.id);
  if (!run) throw new EngineError('conflict', `container ${row.id} is not running`);
  if (row.paused) throw pausedForExec(reference);
  checkDetachKeys(config.DetachKeys);
  checkExecUser(config.User, readInProcess(run.process));
  const record: ExecRecord = {
    id: newId(),
    containerId: row.id,
    config,
    state: 'created',
    exitCode: null,
    pid: 0,
  };
  context.execs.add(record);
  context.events.ofExec(row, 'exec_create', { id: record.id, command: Cmd });
  return { Id: record.id };
}

function pausedForExec(reference: string): EngineError {
  return new EngineError('conflict', `Container ${reference} is paused, unpause the container before exec`);
}

/** For Docker this is the engine's failure (500), though at an attach it is the request's. */
function checkDetachKeys(keys: string | undefined): void {
  try {
    parseDetachKeys(keys);
  } catch (error) {
    throw new EngineError('internal', messageOf(error), error);
  }
}

/** See Containers.execStart. With a client, whatever fails is told on its stream, as in Docker. */
export async function execStart(
  context: Context,
  id: string,
  options: { detach: boolean; tty: boolean; size?: Size },
): Promise<AttachSession | undefined> {
  const record = getExec(context, id);
  if (options.detach) {
    await startOnce(context, record, options);
    return undefined;
  }
  const tty = record.config.Tty ?? false;
  return {
    tty,
    async connect(client) {
      try {
        await startOnce(context, record, options, client);
      } catch (error) {
        const message = Buffer.from(`${messageOf(error)}\r\n`);
        client.write(options.tty ? message : frame('stdout', message));
      }
    },
  };
}

async function startOnce(
  context: Context,
  record: ExecRecord,
  { tty, size }: { tty: boolean; size?: Size },
  client?: Duplex,
): Promise<void> {
  if (record.state !== 'created') {
    const state = record.state === 'running' ? 'is already running' : 'has already run';
    throw new EngineError('conflict', `exec command ${record.id} ${state}`);
  }
  if (getRow(context.store, record.containerId).paused) throw pausedForExec(record.containerId);
  record.state = 'running';
  let joined: Promise<'ended' | 'detached'> | undefined;
  const { ended } = await launchExec({
    context,
    record,
    ...(size && { size }),
    async ready(process) {
      if (!client) return;
      const { AttachStdin = false, AttachStdout = false, AttachStderr = false, Tty = false } = record.config;
      const streams = { stdin: AttachStdin, stdout: AttachStdout, stderr: AttachStderr };
      const seated = Promise.withResolvers<void>();
      joined = process.attach(streams, seated.resolve).then(({ socket }) =>
        splice(client, socket, {
          stdin: AttachStdin,
          endStdin: AttachStdin && !Tty,
          ...(tty !== Tty && { recode: createRecoder(Tty) }),
          ...(Tty && { scan: createDetachScanner(parseDetachKeys(record.config.DetachKeys)) }),
        }),
      );
      // Of a start that fails its own error is told.
      await Promise.race([seated.promise, joined.catch(() => undefined)]);
    },
  });
  if ((await joined) === 'detached') {
    context.events.publish(getRow(context.store, record.containerId), 'exec_detach', { execID: record.id });
  } else if (client) {
    await ended;
  }
}

/** See Containers.execInspect. */
export function execInspect(context: Context, id: string): ExecInspectResponse {
  const { config, containerId, state, exitCode, pid } = getExec(context, id);
  const [entrypoint = '', ...rest] = config.Cmd ?? [];
  return {
    ID: id,
    Running: state === 'running',
    ExitCode: exitCode as number,
    ProcessConfig: {
      tty: config.Tty ?? false,
      entrypoint,
      arguments: rest,
      privileged: config.Privileged ?? false,
      ...(config.User && { user: config.User }),
    },
    OpenStdin: config.AttachStdin ?? false,
    OpenStderr: config.AttachStderr ?? false,
    OpenStdout: config.AttachStdout ?? false,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: config.DetachKeys ?? '',
    Pid: pid,
  };
}

/** See Containers.execResize. */
export async function execResize(context: Context, id: string, size: { rows: number; columns: number }): Promise<void> {
  const record = getExec(context, id);
  if (!context.runs.has(record.containerId))
    throw new EngineError('conflict', `container ${record.containerId} is not running`);
  if (record.state !== 'running' || !record.process) {
    throw new EngineError('notFound', `NotFound: process does not exist ${id}: not found`);
  }
  await record.process.resize(size.rows, size.columns);
}

function getExec(context: Context, id: string): ExecRecord {
  const record = context.execs.get(id);
  if (!record) throw new EngineError('notFound', `No such exec instance: ${id}`);
  return record;
}
