import { EngineError } from '../../kit/index.ts';

/** Takes a stream of chunks apart at other places than where it was cut. */
export interface ByteReader {
  /** The next bytes, at most `max`, without copying; undefined at the end. */
  take(max: number): Promise<Uint8Array | undefined>;
  /** Exactly `count` bytes; undefined at the end, and an EngineError `unexpected EOF` within them. */
  exactly(count: number): Promise<Uint8Array | undefined>;
  /** The same where they are here already; otherwise undefined, and nothing is taken. */
  ready(count: number): Uint8Array | undefined;
  /** Passes over `count` bytes; `unexpected EOF` if there are fewer. */
  skip(count: number): Promise<void>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);

  async function take(max: number): Promise<Uint8Array | undefined> {
    while (chunk.length === 0) {
      const next = await chunks.next();
      if (next.done) return undefined;
      chunk = next.value;
    }
    const bytes = chunk.subarray(0, max);
    chunk = chunk.subarray(bytes.length);
    return bytes;
  }

  function ready(count: number): Uint8Array | undefined {
    if (chunk.length < count) return undefined;
    const bytes = chunk.subarray(0, count);
    chunk = chunk.subarray(count);
    return bytes;
  }

  return {
    take,
    ready,
    async exactly(count) {
      // Mostly all is there already, and is had without waiting for a turn.
      const here = ready(count);
      if (here) return here;
      const first = await take(count);
      if (!first || first.length === count) return first;
      const whole = Buffer.allocUnsafe(count);
      whole.set(first);
      for (let filled = first.length; filled < count; ) {
        const more = await take(count - filled);
        if (!more) throw unexpectedEnd();
        whole.set(more, filled);
        filled += more.length;
      }
      return whole;
    },
    async skip(count) {
      if (ready(count)) return;
      for (let left = count; left > 0; ) {
        const passed = await take(left);
        if (!passed) throw unexpectedEnd();
        left -= passed.length;
      }
    },
  };
}

/** The archive ends where it must not. */
export function unexpectedEnd(): EngineError {
  return new EngineError('invalid', 'unexpected EOF');
}

/** The archive says something that no archive may. */
export function invalidHeader(): EngineError {
  return new EngineError('invalid', 'archive/tar: invalid tar header');
}
