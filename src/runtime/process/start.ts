import { closeFd, listenUnix, sealedMemory } from '../../host/index.ts';
import { asEngineError, crashpoint, EngineError, type Log } from '../../kit/index.ts';
import type { Control, Pending } from '../contract.ts';
import { encodePlan, encodeSecondHalf, type PlanHeader } from '../plan/encode.ts';
import type { Step } from '../plan/steps.ts';
import type { Calm } from '../spare/calm.ts';
import type { BegunWork, Shims } from '../spare/shims.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Directory, type LaunchRecord, makeDirectory } from './directory.ts';
import { errnoText } from './errno-text.ts';
import { failureError } from './failure.ts';
import { createProcess, type TrackedProcess } from './process.ts';
import type { ShimFailure, ShimMessage } from './protocol.ts';

/** A start of which the first half is known. */
export interface HalfStart {
  header: Omit<PlanHeader, 'halved'>;
  steps: Step[];
  /** Directory to be made for this start. */
  path: string;
  record: LaunchRecord;
  /** What else lies in the directory, by name. */
  files?: Record<string, string>;
  /** Puts a failure into words, where another runtime has its own. */
  failure?: (failure: ShimFailure) => EngineError;
  log: Log;
  calm: Calm;
  shims: Shims;
  /** What else the shim is to hold, in the plan's order: reserved sockets, a network namespace. */
  held: number[];
  pids: (pid: number) => number[];
  control?: Control;
  bury: () => Promise<void>;
}

export interface Start extends HalfStart {
  /** The root mount or, for an exec, the directory of the container's start. */
  tree: number;
}

/** A start whose shim makes cgroups, namespaces and network while the rest of its plan is made. */
export interface BegunStart {
  /** The child's steps, the root mount (which stays the caller's) and the owner of the streams, as a uid of the host. */
  finish(rest: { steps: Step[]; tree: number; owner: number }): Pending;
  attach: Pending['process']['attach'];
  /** Gives the start up; nothing is left. Not after `finish`. */
  abandon(): Promise<void>;
}

/** Sets a shim to work on a plan; resolves once it has it. `tree` and all of `held` stay the caller's. */
export function start(input: Start): Promise<Pending> {
  return inDirectory(input, async (directory) => {
    const spawned = await spawnShim(input, { directory, tree: input.tree, halved: false });
    return pending(input, directory, spawned.connection);
  });
}

/** The same with the first half of a plan. */
export function begin(input: HalfStart): Promise<BegunStart> {
  return inDirectory(input, async (directory) => {
    const steps = [...input.steps];
    // Until there is a root, its place among the fds is held by what is at hand.
    const { connection, work } = await spawnShim(input, { directory, tree: directory.fd, halved: true });
    const whole = pending({ ...input, steps }, directory, connection);
    return {
      attach: whole.process.attach,
      finish: (rest) => {
        steps.push(...rest.steps);
        const plan = sealedMemory('tug-plan', encodeSecondHalf(rest.steps));
        try {
          work?.finish(plan, rest.tree, rest.owner);
        } finally {
          closeFd(plan);
        }
        return whole;
      },
      abandon: async () => {
        work?.close();
        await connection.closed;
        await input.bury();
        directory.remove();
      },
    };
  });
}

async function inDirectory<T>(input: HalfStart, act: (directory: Directory) => Promise<T>): Promise<T> {
  const directory = makeDirectory(input.path, input.record, input.files);
  try {
    return await act(directory);
  } catch (error) {
    await input.bury();
    directory.remove();
    throw asEngineError(error);
  }
}

interface Spawned {
  connection: Connection;
  /** Of a halved plan. */
  work?: BegunWork;
}

// The engine connects before there is a shim: its connection is the first in the queue, and the shim lives no longer than it.
async function spawnShim(
  input: HalfStart,
  { directory, tree, halved }: { directory: Directory; tree: number; halved: boolean },
): Promise<Spawned> {
  const listener = listenUnix(directory.fd, 'sock');
  try {
    const opening = openConnection(directory.socket);
    const plan = sealedMemory('tug-plan', encodePlan({ ...input.header, halved }, input.steps));
    const fds = [plan, listener, directory.fd, tree, ...input.held];
    let work: BegunWork | undefined;
    try {
      if (halved) work = input.shims.begin(fds);
      else input.shims.start(fds);
    } catch (error) {
      // It may fail as well: its listener is about to go.
      void opening.then(
        (connection) => connection.close(),
        () => undefined,
      );
      throw error;
    } finally {
      closeFd(plan);
    }
    crashpoint('runtime.spawn');
    return { connection: await opening, ...(work && { work }) };
  } finally {
    closeFd(listener);
  }
}

function pending(input: HalfStart, directory: Directory, connection: Connection): Pending {
  const progress = watch(input, connection);
  const { id, token } = input.header;
  const tracked: { process?: TrackedProcess } = {};
  const process = createProcess({
    id,
    token,
    directory,
    connection: { ...connection, listen: progress.listen },
    pids: () => input.pids(tracked.process?.pid ?? 0),
    ...(input.control && { control: input.control }),
    bury: () => {
      input.calm.disturb();
      return input.bury();
    },
  });
  tracked.process = process;
  const abandon = async () => {
    await connection.closed;
    await input.bury();
    directory.remove();
  };
  return {
    process,
    go: async () => {
      const answer = connection.request({ type: 'go' });
      try {
        const { pid, at } = await Promise.race([progress.started, refused(answer, id)]);
        process.started(pid, at);
        input.calm.disturb();
      } catch (error) {
        await abandon();
        throw error;
      }
      crashpoint('runtime.go');
    },
    abort: async () => {
      if ((await connection.request({ type: 'abort' })) > 0) throw new EngineError('conflict', `${id} is running`);
      await abandon();
    },
  };
}

// The shim's own word of what became of the start comes after its answer, and counts.
async function refused(answer: Promise<number>, id: string): Promise<never> {
  if ((await answer) > 0) throw new EngineError('conflict', `the start of ${id} has already been let go`);
  return new Promise(() => undefined);
}

function warnOf({ log, header: { id } }: HalfStart, errno: number): void {
  log.warn('the monitor of a process could not give up all of its powers', { id, error: errnoText(errno) });
}

type Message = Exclude<ShimMessage, { type: 'answer' }>;

const ignore = () => undefined;

// The shim's word on the way to exec; what comes after is for whoever listens to the process.
function watch(input: HalfStart, connection: Connection) {
  const started = Promise.withResolvers<{ pid: number; at: Date }>();
  started.promise.catch(() => undefined);
  let listener: (message: Message) => void = ignore;
  const fail = (error: EngineError) => started.reject(error);
  connection.listen((message) => {
    if (message.type === 'started') {
      if (message.unconfined) warnOf(input, message.unconfined);
      started.resolve(message);
    } else if (message.type === 'failed') {
      const { failure } = message;
      fail(input.failure?.(failure) ?? failureError(input.header.kind, failure, input.steps));
    }
    listener(message);
  });
  void connection.closed.then(() => fail(new EngineError('internal', 'the monitor ended before the start')));
  return {
    started: started.promise,
    listen: (next: (message: Message) => void) => {
      listener = next;
    },
  };
}
