import { type Log, messageOf } from '../../kit/index.ts';
import { compressRotated, settled } from './compress.ts';

/** Compresses the older files of those logs that want it, now and then, for as long as they are written. */
export interface Keeper {
  /** From now on; the files whose inodes `unread` names are left as they are for now. */
  keep(id: string, log: { path: string; unread?: (generation: number) => boolean }): void;
  /** No more, after a last look. */
  release(id: string): void;
  close(): Promise<void>;
}

const interval = 5000;

export function createKeeper({ log }: { log: Log }): Keeper {
  const kept = new Map<string, { path: string; unread?: (generation: number) => boolean }>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();

  const look = async (path: string, unread?: (generation: number) => boolean): Promise<void> => {
    try {
      await compressRotated(path, unread);
    } catch (error) {
      log.warn('an older file of a log could not be compressed', { path, error: messageOf(error) });
    }
  };
  // One file at a time: it is work for a quiet hour.
  const then = (work: () => Promise<void>): void => {
    round = round.then(work);
  };
  const lookAtAll = (): void =>
    then(async () => {
      for (const { path, unread } of kept.values()) await look(path, unread);
    });
  return {
    keep(id, entry) {
      kept.set(id, entry);
      timer ??= setInterval(lookAtAll, interval).unref();
    },
    release(id) {
      const entry = kept.get(id);
      if (!entry) return;
      kept.delete(id);
      setTimeout(() => then(() => look(entry.path, entry.unread)), settled).unref();
      if (kept.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
    async close() {
      clearInterval(timer);
      kept.clear();
      await round;
    },
  };
}
