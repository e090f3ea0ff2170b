import { constants, write } from 'node:fs';
import { closeFd, openIn, syscall } from '../../host/index.ts';
import type { TarEntry } from '../../oci/index.ts';
import { bytesOf } from './entry-path.ts';

/** Above this a write goes through a thread: a slow disk then stalls this file and not the engine. */
const SMALL = 64 << 10;

/** Makes a file in a directory and puts the entry's data in it, holes as holes. The file must not be there yet. */
export async function writeData(directory: number, name: string, entry: TarEntry): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openIn(directory, bytesOf(name), flags, { mode: 0o600, noSymlinks: true });
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
        await writeAt(fd, piece, segment.offset + within);
        within += piece.length;
        bytes = bytes.subarray(piece.length);
      }
    }
    if (entry.segments) syscall('ftruncate', fd, entry.size);
  } finally {
    closeFd(fd);
  }
}

async function writeAt(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const rest = bytes.subarray(done);
    done +=
      rest.length < SMALL
        ? syscall('pwrite64', fd, rest, rest.length, position + done)
        : await writeAside(fd, rest, position + done);
  }
}

function writeAside(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, position, (error, written) => (error ? reject(error) : resolve(written)));
  });
}
