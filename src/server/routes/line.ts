import type { Duplex } from 'node:stream';
import { decodeExecCreate } from '../../api/decode/index.ts';
import { frame, type PlainRun } from '../../api/index.ts';
import type { Containers } from '../../container/index.ts';
import { EngineError } from '../../kit/index.ts';
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
    if (!line) throw new EngineError('invalid', 'not a line that says all by itself');
    const fields = line.input ? { 'Tug-Input': '1' } : {};
    if (line.kind === 'run') return runLine(containers, request, { line, fields });
    const config = decodeExecCreate(JSON.stringify(line.body));
    return execDirect(containers, line.container, config, () => take(request, new AbortController(), fields));
  };
}

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
