import type { Duplex } from 'node:stream';
import { decodeExecCreate, type ExecCreateBody } from '../../api/decode/index.ts';
import { type ContainerCreateResponse, type Ending, endFrame } from '../../api/index.ts';
import type { Containers } from '../../container/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { describeError } from '../errors.ts';
import { type Handler, type Request, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';
import { hijackHead } from './attach.ts';
import { type Creation, readCreateRequest } from './containers.ts';

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
    const creation = await readCreateRequest(request);
    if (creation.wanted.body.Tty) throw noTerminal();
    const streams = { stdin: query.flag('stdin'), stdout: query.flag('stdout'), stderr: query.flag('stderr') };
    if (!streams.stdin && !streams.stdout && !streams.stderr) {
      const created = await createFor(containers, creation);
      await containers.start(created.Id);
      return sendJson(request, 201, created);
    }
    await runDirect(containers, {
      creation,
      streams,
      greet: (created, left) => take(request, left, { 'Tug-Created': encodeURIComponent(JSON.stringify(created)) }),
      refuse: (client, error) => end(client, refusal(error)),
    });
  };
}

/** A container that is made, started and seen to its end on one connection. */
export interface Direct {
  creation: Creation;
  streams: { stdin: boolean; stdout: boolean; stderr: boolean };
  /** Answers the client, once, and gives its connection; `left` is aborted when it goes. */
  greet(created: ContainerCreateResponse, left: AbortController): Promise<Duplex>;
  /** Tells what kept the container from starting, and ends. */
  refuse(client: Duplex, error: unknown): void;
}

/** Creates a container that is started at once, with all there is to say of it. */
export async function createFor(
  containers: Containers,
  { wanted, warnings }: Creation,
): Promise<ContainerCreateResponse> {
  const made = await containers.create({ ...wanted, startsNow: true });
  return { ...made, Warnings: [...(made.Warnings ?? []), ...warnings] };
}

/** Does it; what goes wrong before there is a container is thrown. */
export async function runDirect(containers: Containers, { creation, streams, ...direct }: Direct): Promise<void> {
  const created = await createFor(containers, creation);
  const session = await containers.attach(created.Id, { ...streams, stream: true, logs: false });
  const left = new AbortController();
  const removed = creation.wanted.body.HostConfig?.AutoRemove ?? false;
  const { done } = await containers.wait(created.Id, removed ? 'removed' : 'next-exit', left.signal);
  let taken: Promise<Duplex> | undefined;
  const client = () => {
    taken ??= direct.greet(created, left);
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
    return direct.refuse(await client(), error);
  }
  await output;
  const exit = await Promise.race([done, aborted(left.signal)]);
  if (exit) end(await client(), { StatusCode: exit.StatusCode });
}

function execHandler(containers: Containers): Handler {
  return async (request) => {
    const config = decodeExecCreate(await readJsonBody(request));
    if (config.Tty) throw noTerminal();
    await execDirect(containers, request.name, config, () => take(request, new AbortController()));
  };
}

/** Runs a process in a container and sees it to its end on the connection that `greet` gives, once it runs. */
export async function execDirect(
  containers: Containers,
  name: string,
  config: ExecCreateBody,
  greet: () => Promise<Duplex>,
): Promise<void> {
  const { Id } = await containers.execCreate(name, config);
  const session = await containers.execStart(Id, { detach: false, tty: false });
  const client = await greet();
  await session?.connect(client);
  end(client, { StatusCode: containers.execInspect(Id).ExitCode ?? 0 });
}

/** Takes the connection over; `left` aborts when the client has gone. */
export async function take(
  request: Request,
  left: AbortController,
  fields: Record<string, string> = {},
): Promise<Duplex> {
  const client = await request.reply.hijack(hijackHead(request, false, fields));
  client.once('close', () => left.abort());
  return client;
}

/** Tells how it ended, which is the last there is to tell. */
export function end(client: Duplex, ending: Ending): void {
  client.end(endFrame(ending));
}

function refusal(error: unknown): Ending {
  const { status, message } = describeError(error);
  return { error: { status, message } };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));

const noTerminal = (): EngineError => new EngineError('invalid', 'a terminal takes create, attach and start');
