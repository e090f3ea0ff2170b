import type { Hashing } from './hashing.ts';

/** What is sent to the thread; see hash-thread.js. */
export type Post = (message: {
  memory?: SharedArrayBuffer;
  at?: number;
  length?: number;
  end?: 'digest' | 'close';
}) => void;

/** This side of a hash on the thread. */
export interface ThreadHash extends Hashing {
  /** The thread has hashed one more piece, or all. */
  answered(digest?: string): void;
  fail(error: Error): void;
}

/** Bytes of a piece, and how many of them there are: to wake the thread costs more than to hash a little. */
const piece = 1 << 20;
const pieces = 2;

/** Begins one; `onEnd` is called when the thread is no longer needed for it. */
export function createThreadHash(post: Post, onEnd: () => void): ThreadHash {
  const room = createRoom(post);
  const done = Promise.withResolvers<string>();
  done.promise.catch(() => undefined);
  let failure: Error | undefined;
  let asked = false;
  let waiting: (() => void) | undefined;

  async function putAll(from: Uint8Array): Promise<void> {
    for (let at = 0; at < from.length; ) {
      if (failure) throw failure;
      const count = room.put(from.subarray(at));
      at += count;
      if (count === 0) await new Promise<void>((resolve) => (waiting = resolve));
    }
  }

  function wake(): void {
    waiting?.();
    waiting = undefined;
  }

  function end(error: Error): void {
    failure = error;
    done.reject(error);
    onEnd();
    wake();
  }

  return {
    update(from) {
      const taken = failure ? 0 : room.put(from);
      return taken < from.length ? putAll(from.subarray(taken)) : undefined;
    },
    async digest() {
      if (failure) throw failure;
      asked = true;
      room.send();
      post({ end: 'digest' });
      return done.promise;
    },
    close() {
      // Who has asked for the digest may give up what follows, too.
      if (failure || asked) return;
      post({ end: 'close' });
      end(new Error('the hash was closed'));
    },
    answered(digest) {
      if (digest === undefined) {
        room.free();
        return wake();
      }
      done.resolve(digest);
      onEnd();
    },
    fail: end,
  };
}

/** The memory that both sides see. */
interface Room {
  /** Takes what there is room for; how much that was. */
  put(from: Uint8Array): number;
  /** Sends what was put and has not gone yet. */
  send(): void;
  /** The thread is done with the oldest piece it had. */
  free(): void;
}

function createRoom(post: Post): Room {
  const memory = new SharedArrayBuffer(piece * pieces);
  const bytes = new Uint8Array(memory);
  let sent = 0;
  let freed = 0;
  let filled = 0;
  const isFull = () => sent - freed === pieces;
  post({ memory });

  const room: Room = {
    put(from) {
      let taken = 0;
      while (taken < from.length && !isFull()) {
        const part = from.subarray(taken, taken + piece - filled);
        bytes.set(part, (sent % pieces) * piece + filled);
        filled += part.length;
        taken += part.length;
        if (filled === piece) room.send();
      }
      return taken;
    },
    send() {
      if (filled === 0) return;
      post({ at: (sent % pieces) * piece, length: filled });
      sent++;
      filled = 0;
    },
    free() {
      freed++;
    },
  };
  return room;
}
