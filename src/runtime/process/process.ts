import { askForFd, giveFd } from '../../host/index.ts';
import { EngineError, within } from '../../kit/index.ts';
import type { Control, Exit, Process } from '../contract.ts';
import { attach } from './attach.ts';
import type { Connection } from './connection.ts';
import type { Directory } from './directory.ts';
import { errnoText } from './errno-text.ts';
import { helloBytes, type Request } from './protocol.ts';

export interface ProcessInput {
  id: string;
  token: string;
  directory: Directory;
  connection: Connection;
  /** Where it stands already; `started` and `exited` messages fill in the rest. */
  running?: { pid: number; startedAt: Date };
  pids: () => number[];
  control?: Control;
  /** Ends and removes what a shim has left behind, at once where there is nothing. */
  bury: () => Promise<void>;
}

type Relay = NonNullable<Parameters<Process['hold']>[1]>;

export interface TrackedProcess extends Process {
  started(pid: number, at: Date): void;
}

const ENOTTY = 25;
/** A shim's reserved sockets have numbers from here on, in their order; those it was given later are told from them. */
const firstReserved = 8;
const heldFrom = 0x1_0000;

/** The process behind a shim's control connection; the caller has not called `listen` on it. */
export function createProcess(input: ProcessInput): TrackedProcess {
  const { connection, directory, id, token } = input;
  let { pid, startedAt } = input.running ?? { pid: 0, startedAt: new Date(0) };
  const exited = Promise.withResolvers<Exit>();
  let ended = false;
  let tellOom: (() => void) | undefined;
  const end = (exit: Exit) => {
    ended = true;
    exited.resolve(exit);
  };
  connection.listen((message) => {
    if (message.type === 'exited') end({ code: message.code, oom: message.oom, at: message.at });
    else if (message.type === 'oom') tellOom?.();
  });
  void connection.closed.then(() => {
    const record = ended ? undefined : directory.exitRecord(token);
    if (record) end(record);
    else if (!ended) void orphaned(input).then(end);
  });
  const ask = async (request: Request): Promise<void> =>
    check(id, request, ended ? -1 : await answered(id, connection.request(request)));
  const place = (): string | undefined => (ended ? undefined : directory.socket);
  return {
    id,
    token,
    get pid() {
      return pid;
    },
    get startedAt() {
      return startedAt;
    },
    exited: exited.promise,
    onOom: (listener) => {
      tellOom = listener;
    },
    attach: (streams, asked) => attach(directory.socket, streams, asked).catch(asConflict),
    resize: (rows, columns) => ask({ type: 'resize', rows, columns }),
    signal: (signal) => ask({ type: 'signal', signal }),
    openRoot: () => takeFd(place(), id, 'root'),
    openNetwork: () => takeFd(place(), id, 'network'),
    hold: (socket, relay) => hold(place(), id, socket, relay),
    unhold: (handle) => ask({ type: 'unhold', fd: numberOf(handle) }),
    retarget: (handle, address) => ask({ type: 'retarget', fd: numberOf(handle), address }),
    pids: () => Promise.resolve(ended ? [] : input.pids()),
    ...(input.control && { control: input.control }),
    release: async () => {
      if (!ended) throw new EngineError('conflict', `the process ${id} has not ended`);
      await connection.request({ type: 'release' });
      connection.close();
      await input.bury();
      directory.remove();
    },
    started: (number, at) => {
      pid = number;
      startedAt = at;
    },
  };
}

/** How long a monitor may take for an answer, in milliseconds: one that is stopped, or waits for a dead disk, must not hold up a client. */
const patience = 5000;

async function answered(id: string, answer: Promise<number>): Promise<number> {
  const errno = await within(patience, answer);
  if (errno === 'late') throw new EngineError('internal', `the monitor of ${id} does not answer`);
  return errno;
}

/** Throws what the shim's answer to a request means, if it is a refusal. */
function check(id: string, request: Request, errno: number): void {
  if (errno === ENOTTY) throw new EngineError('invalid', 'the process has no terminal');
  if (errno > 0 && !isGone(errno)) throw new EngineError('invalid', `${request.type}: ${errnoText(errno)}`);
  if (errno !== 0) throw new EngineError('conflict', `the process ${id} has ended`);
}

function takeFd(path: string | undefined, id: string, what: 'root' | 'network'): number {
  const fd = path === undefined ? undefined : askForFd(path, helloBytes(what));
  if (fd === undefined) throw new EngineError('conflict', `the process ${id} has ended`);
  return fd;
}

const numberOf = (handle: number): number => (handle >= heldFrom ? handle - heldFrom : firstReserved + handle);

function hold(path: string | undefined, id: string, socket: number, relay: Relay | undefined): number {
  const { protocol = 0, address = 0, port = 0 } = relay ?? {};
  const where = Buffer.alloc(8);
  where.writeUInt32LE(address, 0);
  where.writeUInt32LE(((protocol << 16) | port) >>> 0, 4);
  const said = path === undefined ? undefined : giveFd(path, Buffer.concat([helloBytes('hold'), where]), socket);
  const number = said && said.length >= 8 ? said.readInt32LE(4) : -1;
  if (number < 0) throw new EngineError('conflict', `the process ${id} takes no port`);
  return heldFrom + number;
}

const isGone = (errno: number) => errno === 3 || errno === 16;

/** The exit of a process whose monitor is gone without a record; what is left of it is ended. */
export async function orphaned(input: Pick<ProcessInput, 'bury'>): Promise<Exit> {
  const at = new Date();
  await input.bury();
  return { code: 137, oom: false, at, reason: 'the monitor of the process was killed' };
}

function asConflict(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE') {
    throw new EngineError('conflict', 'the process has ended', error);
  }
  throw error;
}
