import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/** Waits for the disk while other work goes on. */
export interface Flush {
  /** Resolves once all that was written before is on the disk; rejects with the system's error. */
  flush(): Promise<void>;
  close(): void;
}

/** Of the file at `path`, which is there by the first call. Those who ask while a wait is on share the next. */
export function createFlush(path: string, sync: (fd: number) => Promise<void> = promisify(fdatasync)): Flush {
  let fd: number | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function begin(): Promise<void> {
    fd ??= openSync(path, 'r');
    const wait = sync(fd).finally(() => {
      if (running === wait) running = undefined;
    });
    running = wait;
    return wait;
  }

  return {
    flush() {
      if (!running) return begin();
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return begin();
        });
      return next;
    },
    close() {
      const opened = fd;
      if (opened !== undefined) void Promise.allSettled([running]).then(() => closeSync(opened));
    },
  };
}

/** Where nothing outlives the process. */
export const noFlush: Flush = { flush: () => Promise.resolve(), close: () => undefined };
