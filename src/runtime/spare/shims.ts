import { closeFd, messagePair, SystemError, sendFds, spawnDetached } from '../../host/index.ts';
import type { Calm } from './calm.ts';
import { createSpare } from './spare.ts';

/**
 * Where shims come from: a process of their own program bears them, one waits, already born, for its work; what it is to do reaches it as
 * fds.
 */
export interface Shims {
  /** Sets a shim to work: plan, listening socket, directory, tree, reserved sockets. They stay the caller's. */
  start(fds: number[]): void;
  /** The same for a halved plan. */
  begin(fds: number[]): BegunWork;
  /** Whether one waits for its work. */
  isReady(): boolean;
  /** Sends the waiting one home, and the one that bears them. */
  close(): void;
}

/** A shim that has the first half of its plan. */
export interface BegunWork {
  /** The second half and the root, which stay the caller's; `owner` has the streams, as a uid of the host. */
  finish(plan: number, root: number, owner: number): void;
  /** Has it give up, unless it has been given the second half. Idempotent. */
  close(): void;
}

const EPIPE = 32;
const EMFILE = 24;
/** How many fds containers leave to clients: an engine that can accept nobody could not even be told to end some. */
const keptForClients = 32;
const mostFds = 200;

/**
 * Shims run the sealed program behind the fd, which stays the caller's and must outlive them. `openFiles`: how many files this process may
 * have open.
 */
export function createShims(program: number, calm: Calm, openFiles: number): Shims {
  /** The socket of the process that bears shims. */
  let parent: number | undefined;
  const bear = (theirs: number): boolean => {
    const socket = parent ?? paired((other) => spawnDetached(program, 'tug-shims', [other]));
    parent = undefined;
    if (!send(socket, [theirs])) return false;
    parent = socket;
    return true;
  };
  const make = (): number =>
    paired((theirs) => {
      // It may have been killed, or have become a shim itself where no process could be made; then there is a new one.
      if (!bear(theirs) && !bear(theirs)) throw new SystemError('sendmsg', EPIPE);
    });
  const spare = createSpare(calm, { make, discard: closeFd });
  /** The socket of a shim that has these fds. */
  const employ = (fds: number[]): number => {
    // The lowest number that is free is always taken.
    if (Math.max(...fds) >= openFiles - keptForClients) throw new SystemError('open', EMFILE);
    const ready = spare.take();
    if (ready !== undefined && send(ready, fds)) return ready;
    const made = make();
    if (send(made, fds)) return made;
    throw new SystemError('sendmsg', EPIPE);
  };
  return {
    start(fds) {
      closeFd(employ(fds));
    },
    begin(fds) {
      return begun(employ(fds));
    },
    isReady: spare.isReady,
    close() {
      spare.close();
      if (parent !== undefined) closeFd(parent);
      parent = undefined;
    },
  };
}

/** Our end of a pair of sockets, the other end of which `give` gives away. */
function paired(give: (theirs: number) => void): number {
  const [ours, theirs] = messagePair();
  try {
    give(theirs);
    return ours;
  } catch (error) {
    closeFd(ours);
    throw error;
  } finally {
    closeFd(theirs);
  }
}

function begun(socket: number): BegunWork {
  let open = true;
  const close = () => {
    if (open) closeFd(socket);
    open = false;
  };
  return {
    finish(plan, root, owner) {
      const word = (kind: string) => Buffer.from(Uint32Array.of(kind.charCodeAt(0), owner).buffer);
      try {
        sendFds(socket, word('p'), [plan]);
        sendFds(socket, word('q'), [root]);
      } finally {
        close();
      }
    },
    close,
  };
}

/** Whether the shim was still there to take them; if not, its socket is closed. */
function send(socket: number, fds: number[]): boolean {
  try {
    for (let at = 0; at < fds.length; at += mostFds) {
      const isLast = at + mostFds >= fds.length;
      sendFds(socket, Buffer.from(isLast ? 'e' : 'f'), fds.slice(at, at + mostFds));
    }
    return true;
  } catch (error) {
    closeFd(socket);
    if (error instanceof SystemError && error.errno === EPIPE) return false;
    throw error;
  }
}
