import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { crashpoint, type Damage } from '../kit/index.ts';

const size = 2 << 20;

/**
 * Room on the disk that is held back, so that what has already happened (an exit, a removal) can be recorded when nothing
 * else can be written any more. Nothing new is admitted while it is given up.
 */
export interface Reserve {
  /** Makes it if it is not there; a full disk is thrown as the system's error (ENOSPC). */
  hold(): void;
  /** Gives its room to the database. */
  yield(): void;
  /** That it is no longer what it was when it was made. */
  check(): Iterable<Damage>;
}

export function createReserve(path: string): Reserve {
  let held = existsSync(path);
  const reserve: Reserve = {
    hold() {
      if (held) return;
      const unfinished = `${path}.new`;
      try {
        const fd = openSync(unfinished, 'w', 0o600);
        try {
          // Written, not just allocated: a sparse or copy-on-write file would hold nothing.
          for (let left = size; left > 0; ) left -= writeSync(fd, noise, 0, Math.min(left, noise.length));
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
        renameSync(unfinished, path);
        crashpoint('store.reserved');
        held = true;
      } catch (error) {
        rmSync(unfinished, { force: true });
        throw error;
      }
    },
    yield() {
      rmSync(path, { force: true });
      held = false;
    },
    *check() {
      if (!held || statSync(path, { throwIfNoEntry: false })?.size === size) return;
      yield {
        subject: 'reserve',
        problem: 'the room that is held back for a full disk is gone',
        repair() {
          reserve.yield();
          reserve.hold();
          return 'made again';
        },
      };
    },
  };
  return reserve;
}

const noise = crypto.getRandomValues(Buffer.alloc(64 << 10));

/** Of a store in memory: there is always room. */
export const noReserve: Reserve = { hold: () => undefined, yield: () => undefined, check: () => [] };
