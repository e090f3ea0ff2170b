import { closeSync, openSync, readSync } from 'node:fs';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { countBuffers, EngineError } from '../../kit/index.ts';
import { byProgram } from './by-program.ts';

const CHUNK = 256 << 10;
/** How far unpacking may run ahead of whoever hashes and writes: it goes on in another thread meanwhile. */
const AHEAD = 1 << 20;
const formats: { name: string; magic: number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b, 0x08] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
];

/** A hostile archive of xz can ask for gigabytes to be unpacked with; the densest that xz makes by itself takes 65 MB. */
const programs: Record<string, [string, ...string[]]> = { xz: ['xz', '-dc', '-M', '256MiB'] };

/** The bytes within, known by their first: gzip and zstd are unpacked here, bzip2 and xz by their programs; what is not compressed passes. */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const head = await firstBytes(chunks, 6);
  const format = formatOf(head);
  const all = joined(head, chunks);
  if (format === 'gzip')
    yield* through(all, createGunzip({ chunkSize: CHUNK, readableHighWaterMark: AHEAD } as object));
  else if (format === 'zstd')
    yield* through(all, createZstdDecompress({ chunkSize: CHUNK, readableHighWaterMark: AHEAD } as object));
  else if (format === undefined) yield* all;
  else yield* byProgram(programs[format] ?? [format, '-dc'], all);
}

/** Whether the first bytes are those of a format that is unpacked here. */
export function isCompressed(head: Uint8Array): boolean {
  return formatOf(head) !== undefined;
}

function formatOf(head: Uint8Array): string | undefined {
  return formats.find(({ magic }) => magic.every((byte, index) => head[index] === byte))?.name;
}

async function* through(source: AsyncIterable<Uint8Array>, unpack: Transform): AsyncGenerator<Uint8Array> {
  let failure: unknown;
  pipeline(Readable.from(source, { objectMode: false }), unpack, (error) => {
    failure = error;
  });
  try {
    const count = countBuffers();
    for await (const bytes of unpack as AsyncIterable<Uint8Array>) {
      yield bytes;
      count(bytes.length);
    }
  } catch (error) {
    throw readable(failure ?? error);
  }
}

/** Go's words for what zlib and zstd say, since users know those. */
function readable(error: unknown): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'Z_BUF_ERROR') return new EngineError('invalid', 'unexpected EOF', error);
  if (code.startsWith('Z_')) return new EngineError('invalid', 'gzip: invalid header', error);
  if (code.startsWith('ZSTD_')) return new EngineError('invalid', 'zstd: invalid input', error);
  return error;
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>, count: number): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < count) {
    const next = await chunks.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** What a media type says of the compression, by the first bytes. */
export function compressionOf(path: string): string {
  const magic = Buffer.alloc(4);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, magic, 0, magic.length, 0);
  } finally {
    closeSync(fd);
  }
  if (magic[0] === 0x1f && magic[1] === 0x8b) return '+gzip';
  return magic.readUInt32LE(0) === 0xfd2fb528 ? '+zstd' : '';
}
