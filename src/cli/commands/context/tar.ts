import { inflateRawSync } from 'node:zlib';
import { encodeTarHead, readTar, tarEnd, tarPadding } from '../../../oci/index.ts';
import type { ContextMetadata, TlsFiles } from '../../endpoint/contexts.ts';

/** A context as a tar archive: `meta.json` and `tls/ENDPOINT/FILE`. */
export function packTar(metadata: ContextMetadata, files: TlsFiles): Buffer {
  const parts: Uint8Array[] = [file('meta.json', 0o644, Buffer.from(JSON.stringify(metadata))), directory('tls')];
  for (const [endpoint, named] of Object.entries(files)) {
    parts.push(directory(`tls/${endpoint}`));
    for (const [name, bytes] of Object.entries(named)) parts.push(file(`tls/${endpoint}/${name}`, 0o600, bytes));
  }
  return Buffer.concat([...parts, tarEnd]);
}

function directory(name: string): Uint8Array {
  return head(name, '5', 0o700, 0);
}

function file(name: string, mode: number, bytes: Buffer): Uint8Array {
  return Buffer.concat([head(name, '0', mode, bytes.length), bytes, Buffer.alloc(tarPadding(bytes.length))]);
}

function head(name: string, type: string, mode: number, size: number): Uint8Array {
  const modified = { seconds: 0, nanoseconds: 0 };
  return encodeTarHead({ name, type, mode, size, uid: 0, gid: 0, modified, linkName: '', device: [0, 0] });
}

const largest = 10 << 20;

/** The files of a tar or zip archive by their names, ten megabytes at most. */
export async function unpackArchive(archive: Buffer): Promise<Map<string, Buffer>> {
  if (archive.length > largest) throw new Error('read exceeds the defined limit');
  if (archive.readUInt32BE(0) === 0x504b0304) return unzip(archive);
  const files = new Map<string, Buffer>();
  for await (const entry of readTar(once(archive))) {
    if (entry.type !== 'file') continue;
    const chunks: Uint8Array[] = [];
    for await (const bytes of entry.data()) chunks.push(bytes);
    files.set(entry.name, Buffer.concat(chunks));
  }
  return files;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Reads the directory at the end of a zip, and each file where that says. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) throw new Error('zip: not a valid zip file');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32BE(at) !== 0x504b0102) throw new Error('zip: not a valid zip file');
    const method = archive.readUInt16LE(at + 10);
    const size = archive.readUInt32LE(at + 20);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const start = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
    if (name.endsWith('/')) continue;
    const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
    const bytes = archive.subarray(data, data + size);
    if (method !== 0 && method !== 8) throw new Error('zip: unsupported compression algorithm');
    files.set(name, method === 0 ? Buffer.from(bytes) : inflateRawSync(bytes, { maxOutputLength: largest }));
  }
  return files;
}
