import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { sharedWait } from '../shared-wait.ts';

/** Waits for the disk while other work goes on. */
export interface Flush {
  /** Resolves once all that was written before is on the disk; rejects with the system's error. */
  flush(): Promise<void>;
  close(): void;
}

/** Of the file at `path`, which is there by the first call. */
export function createFlush(path: string): Flush {
  let fd: number | undefined;
  let last: Promise<void> | undefined;
  const flush = sharedWait(async () => {
    fd ??= openSync(path, 'r');
    last = promisify(fdatasync)(fd);
    await last;
  });
  return {
    flush,
    close() {
      const opened = fd;
      if (opened !== undefined) void Promise.allSettled([last]).then(() => closeSync(opened));
    },
  };
}

/** Where nothing outlives the process. */
export const noFlush: Flush = { flush: () => Promise.resolve(), close: () => undefined };
