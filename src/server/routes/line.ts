import { constants, openSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { decodeExecCreate } from '../../api/decode/index.ts';
import { frame, type PlainCopy, type PlainRun } from '../../api/index.ts';
import type { Containers } from '../../container/index.ts';
import { answers, closeFd, hasOwnRights, isFileFor, peerProcess, standpointOf } from '../../host/index.ts';
import { EngineError, explainSystemError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { describeError } from '../errors.ts';
import { type Handler, type Request, readText } from '../request.ts';
import type { Route } from '../router.ts';
import { readCreation } from './containers.ts';
import { createFor, end, execDirect, runDirect, take } from './direct.ts';

/**
 * A whole command line, its words parted by NULs, as native/front sends it. One that is taken is answered with 101 and then in
 * frames alone, the last of which is a StatusCode; any other answer says that nothing has been done and that the command line is
 * to see to it by itself.
 */
export function lineRoutes({ containers, readPlainLine }: Backends): Route[] {
  return readPlainLine ? [['POST', '/tug/line', lineHandler(containers, readPlainLine)]] : [];
}

function lineHandler(containers: Containers, readPlainLine: NonNullable<Backends['readPlainLine']>): Handler {
  return async (request) => {
    const line = await readPlainLine((await readText(request.body)).split('\0'));
    if (!line) throw notPlain();
    if (line.kind === 'copy') return copyLine(containers, request, line);
    const fields = line.input ? { 'Tug-Input': '1' } : {};
    if (line.kind === 'run') return runLine(containers, request, { line, fields });
    const config = decodeExecCreate(JSON.stringify(line.body));
    return execDirect(containers, line.container, config, () => take(request, new AbortController(), fields));
  };
}

/** Nothing but a file by a path that means the same here and there, of a client who may do whatever the engine may. */
async function copyLine(containers: Containers, request: Request, line: PlainCopy): Promise<void> {
  const process = peerProcess(request.socket());
  if (process === undefined) throw notPlain();
  let fd: number | undefined;
  try {
    const standpoint = hasOwnRights(process) ? standpointOf(process) : undefined;
    if (!standpoint || (line.unlessTerminal && standpoint.onTerminal)) throw notPlain();
    const path = resolve(standpoint.directory, line.source);
    // A file system that does not answer is the command line's to wait for.
    if (!(await answers(path))) throw notPlain();
    fd = openFile(path);
    if (!(await isFileFor(fd, 'reading'))) throw notPlain();
    const from = { fd, name: Buffer.from(basename(path)).toString('latin1') };
    await containers.copyFileIn(line.container, {
      path: line.destination,
      from,
      copyUIDGID: line.keepsOwners,
    });
  } finally {
    if (fd !== undefined) closeFd(fd);
    closeFd(process);
  }
  end(await take(request, new AbortController()), { StatusCode: 0 });
}

/** A link is none to be followed, and a pipe keeps nobody waiting. */
function openFile(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    throw explainSystemError(error, path);
  }
}

const notPlain = () => new EngineError('invalid', 'not a line that says all by itself');

async function runLine(
  containers: Containers,
  request: Request,
  { line, fields }: { line: PlainRun; fields: Record<string, string> },
): Promise<void> {
  const creation = readCreation(JSON.stringify(line.body), { ...line, version: request.version });
  const greet = async (id: string, warnings: string[] | null | undefined, left: AbortController): Promise<Duplex> => {
    const client = await take(request, left, { ...fields, ...(line.passesSignals && { 'Tug-Container': id }) });
    for (const warning of [...(warnings ?? []), ...line.warnings]) say(client, 'stderr', `WARNING: ${warning}\n`);
    return client;
  };
  const refuse = (client: Duplex, error: unknown): void => {
    const { text, code } = line.refusal(describeError(error).message);
    say(client, 'stderr', text);
    end(client, { StatusCode: code });
  };
  if (!line.isDetached) {
    const streams = { stdin: line.input, stdout: true, stderr: true };
    return runDirect(containers, {
      creation,
      streams,
      greet: ({ Id, Warnings }, left) => greet(Id, Warnings, left),
      refuse,
    });
  }
  const { Id, Warnings } = await createFor(containers, creation);
  const failed = await containers.start(Id).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const client = await greet(Id, Warnings, new AbortController());
  if (failed) return refuse(client, failed.error);
  say(client, 'stdout', `${Id}\n`);
  end(client, { StatusCode: 0 });
}

function say(client: Duplex, stream: 'stdout' | 'stderr', text: string): void {
  client.write(frame(stream, Buffer.from(text)));
}
