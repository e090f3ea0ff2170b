import { writev } from 'node:fs';
import { syscall } from '../../host/index.ts';

/** Up to this a file is written at once; more goes through a thread: a slow disk then stalls this file and not the engine. */
export const small = 64 << 10;
/** What is gathered before it is handed to the thread. */
const batch = 1 << 20;

/** Writes a file piece by piece; a piece must not be changed any more. One batch is under way while the next is gathered. */
export interface FileWriter {
  add(bytes: Uint8Array, position: number): Promise<void> | undefined;
  /** Resolves when all is written. Call it also before the fd is closed after a failure. */
  end(): Promise<void>;
}

export function createFileWriter(fd: number): FileWriter {
  let pieces: Uint8Array[] = [];
  let start = 0;
  let size = 0;
  let underWay: Promise<void> | undefined;

  async function flush(): Promise<void> {
    await underWay;
    if (size === 0) return;
    underWay = writeAll(fd, pieces, start);
    // Whoever adds or ends next hears of a failure.
    underWay.catch(() => undefined);
    pieces = [];
    size = 0;
  }

  function put(bytes: Uint8Array, position: number): void {
    if (size === 0) start = position;
    pieces.push(bytes);
    size += bytes.length;
  }

  return {
    add(bytes, position) {
      if (size > 0 && position !== start + size) return flush().then(() => put(bytes, position));
      put(bytes, position);
      return size >= batch ? flush() : undefined;
    },
    async end() {
      if (underWay !== undefined || size > small) await flush();
      else if (size > 0) writeNow(fd, pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces), start);
      await underWay;
    },
  };
}

/** Writes all of it, here and now. */
export function writeNow(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    done += syscall('pwrite64', fd, rest, rest.length, position + done);
  }
}

async function writeAll(fd: number, pieces: Uint8Array[], position: number): Promise<void> {
  let rest = pieces;
  for (let at = position; rest.length > 0; ) {
    const written = await writeAside(fd, rest, at);
    at += written;
    rest = without(rest, written);
  }
}

/** What is left of the pieces after their first bytes. */
function without(pieces: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  const at = pieces.findIndex((piece) => {
    if (piece.length > left) return true;
    left -= piece.length;
    return false;
  });
  if (at < 0) return [];
  const [first, ...others] = pieces.slice(at);
  return first ? [first.subarray(left), ...others] : [];
}

function writeAside(fd: number, pieces: Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, pieces, position, (error, written) => (error ? reject(error) : resolve(written)));
  });
}
