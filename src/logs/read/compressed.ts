import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const chunkSize = 64 << 10;

/** What a compressed file says, in pieces of whatever size; a torn one ends with an error. The handle stays open. */
export async function* gunzip(file: FileHandle): AsyncGenerator<Buffer> {
  const plain = Readable.from(chunks(file)).pipe(createGunzip());
  try {
    for await (const piece of plain) yield piece as Buffer;
  } finally {
    plain.destroy();
  }
}

async function* chunks(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const { bytesRead } = await file.read(chunk, 0, chunkSize, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
