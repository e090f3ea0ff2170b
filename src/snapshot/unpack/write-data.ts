import { constants, write } from 'node:fs';
import { closeFd, openIn, syscall } from '../../host/index.ts';
import { explainSystemError } from '../../kit/index.ts';
import type { TarEntry } from '../../oci/index.ts';
import { bytesOf } from './entry-path.ts';

/** Above this a write goes through a thread: a slow disk then stalls this file and not the engine. */
const SMALL = 64 << 10;

/**
 * Makes a file in a directory and puts the entry's data in it, holes as holes. The file must not be there yet; `path` is how
 * an error names it.
 */
export async function writeData(
  { directory, name, path }: { directory: number; name: string; path: string },
  entry: TarEntry,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openIn(directory, bytesOf(name), flags, { mode: entry.mode & 0o777, noSymlinks: true });
  try {
    const segments = [...(entry.segments ?? [{ offset: 0, length: entry.size }])];
    let segment = segments.shift();
    let within = 0;
    for await (let bytes of entry.data()) {
      while (bytes.length > 0) {
        while (segment && within === segment.length) {
          segment = segments.shift();
          within = 0;
        }
        if (!segment) break;
        const piece = bytes.subarray(0, segment.length - within);
        await writeAt(fd, piece, { position: segment.offset + within, path });
        within += piece.length;
        bytes = bytes.subarray(piece.length);
      }
    }
    if (entry.segments) syscall('ftruncate', fd, entry.size);
  } finally {
    closeFd(fd);
  }
}

async function writeAt(fd: number, bytes: Uint8Array, at: { position: number; path: string }): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.subarray(done);
      done +=
        rest.length < SMALL
          ? syscall('pwrite64', fd, rest, rest.length, at.position + done)
          : await writeAside(fd, rest, at.position + done);
    }
  } catch (error) {
    throw explainSystemError(Object.assign(error as Error, { syscall: 'write' }), `/${at.path}`);
  }
}

function writeAside(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, position, (error, written) => (error ? reject(error) : resolve(written)));
  });
}
