import { tmpdir } from 'node:os';
import { unpack } from '../../../copy/unpack.ts';
import { fs, path } from '../../../lazy.ts';

const gzip = [0x1f, 0x8b];
const zstd = [0x28, 0xb5, 0x2f, 0xfd];

const begins = (bytes: Uint8Array, magic: number[]): boolean => magic.every((byte, at) => bytes[at] === byte);

/** Whether it is a tar, as it is or compressed. */
export function isArchive(bytes: Uint8Array): boolean {
  if (begins(bytes, gzip) || begins(bytes, zstd)) return true;
  return bytes.length >= 512 && Buffer.from(bytes).toString('latin1', 257, 262) === 'ustar';
}

/** Unpacks it into a directory of its own, which the caller removes. */
export async function unpackInput(bytes: Uint8Array): Promise<string> {
  const directory = fs().mkdtempSync(path().join(tmpdir(), 'tug-build-'));
  const plain = begins(bytes, gzip)
    ? Bun.gunzipSync(bytes as Uint8Array<ArrayBuffer>)
    : begins(bytes, zstd)
      ? Bun.zstdDecompressSync(bytes)
      : bytes;
  async function* pieces() {
    yield plain;
  }
  await unpack(pieces(), directory, { rename: (name) => name });
  return directory;
}
