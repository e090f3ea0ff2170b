import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import program from './hash-thread.js' with { type: 'file' };
import type { Hashing } from './hashing.ts';
import { createThreadHash, type Post, type ThreadHash } from './thread-hash.ts';

/** Hashes what is large on a thread of its own, which ends when it is not needed. */
export interface Hasher {
  begin(): Hashing;
}

/** What is less is hashed at once. */
const small = 256 << 10;
/** For so long a thread waits for more work, in ms. */
const patience = 5000;

export function createHasher(): Hasher {
  const thread = createThread();
  return {
    begin() {
      let collected: Uint8Array[] = [];
      let size = 0;
      let large: ThreadHash | undefined;
      return {
        update(bytes) {
          if (large) return large.update(bytes);
          size += bytes.length;
          collected.push(bytes.slice());
          if (size < small) return undefined;
          large = thread.begin();
          const first = Buffer.concat(collected);
          collected = [];
          return large.update(first);
        },
        async digest() {
          if (large) return large.digest();
          const hash = createHash('sha256');
          for (const bytes of collected) hash.update(bytes);
          return hash.digest('hex');
        },
        close: () => large?.close(),
      };
    },
  };
}

interface Answer {
  id: number;
  digest?: string;
}

/** The thread, which is there while a hash is under way and a while longer. */
function createThread(): { begin(): ThreadHash } {
  const open = new Map<number, ThreadHash>();
  let worker: Worker | undefined;
  let ending: ReturnType<typeof setTimeout> | undefined;
  let serial = 0;

  function start(): Worker {
    const started = new Worker(program);
    started.on('message', ({ id, digest }: Answer) => open.get(id)?.answered(digest));
    started.on('error', (error: Error) => {
      if (worker === started) worker = undefined;
      for (const hash of open.values()) hash.fail(error);
    });
    return started;
  }

  function ended(id: number): void {
    open.delete(id);
    if (open.size > 0 || !worker) return;
    // Nobody waits for it: it must not keep the program.
    worker.unref();
    ending = setTimeout(() => {
      void worker?.terminate();
      worker = undefined;
    }, patience);
    ending.unref();
  }

  return {
    begin() {
      clearTimeout(ending);
      worker ??= start();
      worker.ref();
      const id = ++serial;
      const to = worker;
      const post: Post = (message) => to.postMessage({ id, ...message }, []);
      const hash = createThreadHash(post, () => ended(id));
      open.set(id, hash);
      return hash;
    },
  };
}
