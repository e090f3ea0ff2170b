import { closeFd, messagePair, SystemError, sendFds, spawnDetached } from '../../host/index.ts';

/** Where shims come from: one waits, already started, for its work; what it is to do reaches it as fds. */
export interface Shims {
  /** Sets a shim to work: plan, listening socket, directory, tree, reserved sockets. They stay the caller's. */
  start(fds: number[]): void;
  /** Sends the waiting one home. */
  close(): void;
}

const EPIPE = 32;
/** Milliseconds after a start until the next shim is made ready: the start comes first. */
const pause = 20;
const mostFds = 200;

/** Shims run the sealed program behind the fd, which stays the caller's and must outlive them. */
export function createShims(program: number): Shims {
  let waiting: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const make = (): number => {
    const [ours, theirs] = messagePair();
    try {
      spawnDetached(program, 'tug-shim', [theirs]);
      return ours;
    } catch (error) {
      closeFd(ours);
      throw error;
    } finally {
      closeFd(theirs);
    }
  };
  const refill = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // A machine without room for one more process says so when a start needs it.
      try {
        waiting ??= make();
      } catch {
        waiting = undefined;
      }
    }, pause);
    timer.unref();
  };
  refill();
  return {
    start(fds) {
      const ready = waiting;
      waiting = undefined;
      if (ready === undefined || !send(ready, fds)) send(make(), fds, true);
      refill();
    },
    close() {
      clearTimeout(timer);
      if (waiting !== undefined) closeFd(waiting);
      waiting = undefined;
    },
  };
}

/** Whether the shim was still there to take them; with `must` its absence is thrown. */
function send(socket: number, fds: number[], must = false): boolean {
  try {
    for (let at = 0; at < fds.length; at += mostFds) sendFds(socket, 'f', fds.slice(at, at + mostFds));
    sendFds(socket, 'e', []);
    return true;
  } catch (error) {
    if (!must && error instanceof SystemError && error.errno === EPIPE) return false;
    throw error;
  } finally {
    closeFd(socket);
  }
}
