/** A standard stream that is written in order and whole. */
export interface Output {
  write(data: string | Uint8Array): Promise<void>;
  line(text: string): Promise<void>;
  /** Resolves when everything was written. */
  flush(): Promise<void>;
  /** From now on a reader that went away fails the writes, as in a program that catches SIGPIPE. */
  outliveReader(): void;
}

const words: Record<string, string> = { ENOSPC: 'no space left on device', EPIPE: 'broken pipe' };

/**
 * Writes through `Bun.write`, one piece after another: it neither blocks on a full pipe nor loses the rest, and unlike
 * process.stdout it costs nothing at start. A reader that went away (EPIPE) ends the process as SIGPIPE would,
 * unless `outliveReader` was called.
 */
export function createOutput(file: Bun.BunFile): Output {
  let outlives = false;
  let tail: Promise<void> = Promise.resolve();
  const write = (data: string | Uint8Array): Promise<void> => {
    if (data.length === 0) return tail;
    tail = tail.then(async () => {
      try {
        await Bun.write(file, data);
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (code === 'EPIPE' && !outlives) process.exit(141);
        throw code in words ? new Error(`write /dev/stdout: ${words[code]}`, { cause: error }) : error;
      }
    });
    // Whoever does not wait here learns of a failure by the flush at the end.
    tail.catch(() => undefined);
    return tail;
  };
  return {
    write,
    line: (text) => write(`${text}\n`),
    flush: () => tail,
    outliveReader() {
      outlives = true;
    },
  };
}
