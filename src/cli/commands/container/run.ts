import type { ContainerCreateResponse, ContainerWaitResponse } from '../../../api/index.ts';
import { ApiError, type ByteStream, type Client } from '../../../client/index.ts';
import { CliError, type Context, command } from '../../command.ts';
import { createFlags } from '../../create/flags.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { detachKeysOf, parseDetachKeys } from '../../stdio/detach-keys.ts';
import { joinStreams } from '../../stdio/session.ts';
import { forwardSignals } from '../../stdio/signals.ts';
import { createdBy, ifTug, joinDirect } from './direct.ts';
import { askCreate, createBy, createQuery, type Prepared, prepare, runFailure } from './prepare.ts';

/** The options of `run`. */
export const runFlags = {
  ...createFlags,
  detach: flag.bool('Run container in background and print container ID', { short: 'd' }),
  'detach-keys': flag.string('Override the key sequence for detaching a container'),
  'sig-proxy': flag.bool('Proxy received signals to the process', { initial: true }),
};

export const run = command({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Create and run a new container from an image',
  aliases: ['container run', 'run'],
  flags: runFlags,
  arity: { atLeast: 1 },
  interspersed: false,
  failure: 125,
  async run(context, { flags, given, args }) {
    const prepared = prepare({ flags, given, args, env: context.env });
    if (flags.detach) return runDetached(context, prepared);
    const { request } = prepared;
    if (request.Tty) await useTerminal(prepared);
    const { Id: id, stream } = await createOrFail(context, prepared);
    const stopForwarding = flags['sig-proxy'] ? forwardSignals(context, id) : undefined;
    try {
      if (stream) return await runDirect(context, prepared, stream);
      return await runAttached(context, prepared, { id, detachKeys: detachKeysOf(context, flags) });
    } finally {
      stopForwarding?.();
    }
  },
});

/** A container with a terminal needs one here, and begins with its size. */
async function useTerminal({ request }: Prepared): Promise<void> {
  const { checkTerminal, windowSize } = await import('../../stdio/terminal.ts');
  checkTerminal(request.AttachStdin === true, true);
  const size = windowSize();
  if (size) Object.assign(request.HostConfig, { ConsoleSize: [size.rows, size.columns] });
}

async function runDetached(context: Context, prepared: Prepared): Promise<number> {
  const { request, line } = prepared;
  if (line.flags.attach.length > 0) {
    throw new CliError('conflicting options: cannot specify both --attach and --detach');
  }
  Object.assign(request, { AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false });
  const { Id: id, started } = await createOrFail(context, prepared);
  if (!started) await startContainer(context.client, id);
  await context.out.line(id);
  return 0;
}

async function runAttached(
  context: Context,
  { request, line }: Prepared,
  { id, detachKeys }: { id: string; detachKeys: string },
): Promise<number> {
  const { client } = context;
  // Both are in place before the start, so that neither a byte nor the exit is missed.
  const [attached, exited] = await Promise.all([
    client.hijack({
      method: 'POST',
      path: `/containers/${id}/attach`,
      query: {
        stream: true,
        stdin: request.AttachStdin,
        stdout: request.AttachStdout,
        stderr: request.AttachStderr,
        detachKeys,
      },
    }),
    waitForExit(client, id, line.flags.rm ? 'removed' : 'next-exit'),
  ]);
  const joined = joinStreams({
    stream: attached.stream,
    tty: request.Tty === true,
    input: request.AttachStdin === true,
    out: request.AttachStdout ? context.out : undefined,
    err: request.AttachStderr ? context.err : undefined,
    detachKeys: parseDetachKeys(detachKeys),
  });
  joined.catch(() => undefined);
  try {
    await startContainer(client, id);
  } catch (error) {
    attached.stream.destroy();
    await joined.catch(() => undefined);
    // A container that never ran is removed by the engine as well; the user finds no trace.
    if (line.flags.rm) await exited.code.catch(() => undefined);
    throw error;
  }
  if (request.Tty) await watchSize(client, id);
  const end = await joined.catch((error) => {
    throw new CliError(errorText(error));
  });
  if (end === 'detached') return 0;
  return exited.code;
}

async function watchSize(client: Client, id: string): Promise<void> {
  const { followResize } = await import('../../stdio/resize.ts');
  await followResize(client, `containers/${id}`);
}

/** What kept it from being created decides the exit code as what keeps it from starting does. */
async function createOrFail(context: Context, prepared: Prepared): Promise<Begun> {
  try {
    return await createBy(context, prepared, () => begin(context, prepared));
  } catch (error) {
    throw runFailure(error, errorText(error));
  }
}

/** A container that was created, and perhaps more. */
interface Begun extends ContainerCreateResponse {
  /** Its start is under way, and this is its output. */
  stream?: ByteStream;
  /** It runs. */
  started?: boolean;
}

/** All in one request where the engine is a tug; a terminal, and who wants the id in a file, go Docker's way. */
async function begin(context: Context, prepared: Prepared): Promise<Begun> {
  const { request, line } = prepared;
  const { AttachStdin: stdin, AttachStdout: stdout, AttachStderr: stderr } = request;
  const framed = !request.Tty && (stdout || stderr || !stdin) && !line.given.has('detach-keys');
  if (!framed || line.flags.cidfile || line.flags['use-api-socket']) return askCreate(context, prepared);
  const call = { method: 'POST', path: '/tug/run', body: request } as const;
  const query = createQuery(prepared);
  if (!stdout && !stderr) {
    const created = await ifTug(context.client.json<ContainerCreateResponse>({ ...call, query }));
    return created ? { ...created, started: true } : askCreate(context, prepared);
  }
  const taken = await ifTug(context.client.upgrade({ ...call, query: { ...query, stdin, stdout, stderr } }));
  return taken ? { ...createdBy(taken.headers), stream: taken.stream } : askCreate(context, prepared);
}

async function runDirect(context: Context, { request }: Prepared, stream: ByteStream): Promise<number> {
  try {
    return await joinDirect(stream, context, {
      input: request.AttachStdin === true,
      out: request.AttachStdout === true,
      err: request.AttachStderr === true,
    });
  } catch (error) {
    if (error instanceof ApiError) throw runFailure(error, errorText(error));
    throw error;
  }
}

/** Starts the container; what its program did wrong becomes 126 or 127. */
async function startContainer(client: Client, id: string): Promise<void> {
  try {
    await client.send({ method: 'POST', path: `/containers/${id}/start` });
  } catch (error) {
    if (error instanceof ApiError) throw runFailure(error, errorText(error));
    throw error;
  }
}

/** Registers for the exit; resolves when the engine has noted it, `code` when it came. */
export async function waitForExit(
  client: Client,
  id: string,
  condition: 'removed' | 'next-exit' | 'not-running',
): Promise<{ code: Promise<number> }> {
  const reply = await client.request({ method: 'POST', path: `/containers/${id}/wait`, query: { condition } });
  const code = reply.json<ContainerWaitResponse>().then((result) => {
    if (result.Error?.Message) throw new CliError(`Error waiting for container: ${result.Error.Message}`, 125);
    return result.StatusCode;
  });
  code.catch(() => undefined);
  return { code };
}
