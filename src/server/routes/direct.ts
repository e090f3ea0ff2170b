import type { Duplex } from 'node:stream';
import { decodeExecCreate } from '../../api/decode/index.ts';
import { type Ending, endFrame } from '../../api/index.ts';
import type { Containers } from '../../container/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { describeError } from '../errors.ts';
import { type Handler, type Request, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';
import { hijackHead } from './attach.ts';
import { readCreateRequest } from './containers.ts';

/**
 * What tug's own command line asks in one request, where Docker's takes four for a `run` and three for an `exec`. Output comes
 * as from attach; the frame after it is the Ending. A terminal has no frames, and goes Docker's way.
 */
export function directRoutes({ containers }: Backends): Route[] {
  return [
    ['POST', '/tug/run', runHandler(containers)],
    ['POST', '/tug/exec/{name}', execHandler(containers)],
  ];
}

function runHandler(containers: Containers): Handler {
  return async (request) => {
    const { query } = request;
    const { wanted, warnings } = await readCreateRequest(request);
    if (wanted.body.Tty) throw noTerminal();
    const streams = { stdin: query.flag('stdin'), stdout: query.flag('stdout'), stderr: query.flag('stderr') };
    const made = await containers.create({ ...wanted, startsNow: true });
    const created = { ...made, Warnings: [...(made.Warnings ?? []), ...warnings] };
    if (!streams.stdin && !streams.stdout && !streams.stderr) {
      await containers.start(created.Id);
      return sendJson(request, 201, created);
    }
    const session = await containers.attach(created.Id, { ...streams, stream: true, logs: false });
    const left = new AbortController();
    const removed = wanted.body.HostConfig?.AutoRemove ?? false;
    const { done } = await containers.wait(created.Id, removed ? 'removed' : 'next-exit', left.signal);
    let taken: Promise<Duplex> | undefined;
    const client = () => {
      taken ??= take(request, left, { 'Tug-Created': encodeURIComponent(JSON.stringify(created)) });
      return taken;
    };
    // The client is answered once the process is at its gate: until then neither has anything to do with the other.
    const output = session.connect(client);
    output.catch(() => undefined);
    try {
      await containers.start(created.Id);
    } catch (error) {
      if (removed) await done;
      await output.catch(() => undefined);
      return end(await client(), refusal(error));
    }
    await output;
    const exit = await Promise.race([done, aborted(left.signal)]);
    if (exit) end(await client(), { StatusCode: exit.StatusCode });
  };
}

function execHandler(containers: Containers): Handler {
  return async (request) => {
    const config = decodeExecCreate(await readJsonBody(request));
    if (config.Tty) throw noTerminal();
    const { Id } = await containers.execCreate(request.name, config);
    const session = await containers.execStart(Id, { detach: false, tty: false });
    const client = await take(request, new AbortController());
    await session?.connect(client);
    end(client, { StatusCode: containers.execInspect(Id).ExitCode ?? 0 });
  };
}

/** Takes the connection over; `left` aborts when the client has gone. */
async function take(request: Request, left: AbortController, fields: Record<string, string> = {}): Promise<Duplex> {
  const client = await request.reply.hijack(hijackHead(request, false, fields));
  client.once('close', () => left.abort());
  return client;
}

function end(client: Duplex, ending: Ending): void {
  client.end(endFrame(ending));
}

function refusal(error: unknown): Ending {
  const { status, message } = describeError(error);
  return { error: { status, message } };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));

const noTerminal = (): EngineError => new EngineError('invalid', 'a terminal takes create, attach and start');
