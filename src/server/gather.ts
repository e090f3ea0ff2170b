import type { Sink } from './http/index.ts';

/** What is gathered at most before it must go out. */
const fullAt = 64 * 1024;

/** A sink for many small pieces: those of one turn of the event loop go out together, and none waits longer than that. */
export interface Gather {
  /** Resolves when there is room for more. */
  add(piece: Uint8Array): Promise<void> | undefined;
  /** Sends what is left, and ends the sink. */
  end(): Promise<void>;
}

export function createGather(sink: Sink): Gather {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let scheduled = false;
  const flush = (): Promise<void> | undefined => {
    if (size === 0) return undefined;
    const bytes = Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return sink.write(bytes);
  };
  return {
    add(piece) {
      pieces.push(piece);
      size += piece.length;
      if (size >= fullAt) return flush();
      if (!scheduled) {
        scheduled = true;
        setImmediate(() => {
          scheduled = false;
          void flush();
        });
      }
      return undefined;
    },
    async end() {
      await flush();
      await sink.end();
    },
  };
}
