import { countBuffers, EngineError } from '../../kit/index.ts';
import { readTar, type TarEntry } from '../../oci/index.ts';
import type { Blobs } from '../../store/index.ts';
import { decompressed } from '../layers/compression.ts';

const JSON_MOST = 16 << 20;
const LINKS_MOST = 16;

/** Takes a file of the archive in, reading it to its end; its digest once it is a blob. */
export type TakeIn = (name: string, bytes: AsyncIterable<Uint8Array>) => Promise<string>;

/** The files of an image archive, kept as blobs: they come in any order and are needed in another. */
export interface Spool {
  /** The digest of the file of that name (symlinks within the archive followed), undefined where none is. */
  find(name: string): string | undefined;
  /** The same; otherwise an EngineError in Docker's words. */
  need(name: string): string;
  /** A JSON document by its digest; only what came with this archive can be read. */
  json(digest: string): Promise<unknown>;
  has(digest: string): boolean;
  /** How many bytes a blob of the archive has. */
  size(digest: string): number;
}

/** Takes a whole archive in: each file by `takeIn`, of which the digest comes later. Whatever happens, all of them have ended. */
export async function spoolArchive(blobs: Blobs, archive: AsyncIterable<Uint8Array>, takeIn: TakeIn): Promise<Spool> {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  const works: Promise<void>[] = [];
  const count = countBuffers();
  try {
    for await (const entry of readTar(decompressed(archive))) {
      const name = plain(entry.name);
      if (entry.type === 'symlink') links.set(name, plain(`${name}/../${entry.linkName}`));
      else if (entry.type === 'link') links.set(name, plain(entry.linkName));
      else if (entry.type === 'file') {
        const read = Promise.withResolvers<void>();
        const work = takeIn(name, signalling(dense(entry), { count, atEnd: read.resolve })).then(
          (digest) => void files.set(name, digest),
        );
        works.push(work);
        // What is left to do, to wait for the disk above all, goes on beside the next file.
        await Promise.race([read.promise, work]);
      }
    }
    await Promise.all(works);
  } finally {
    await Promise.allSettled(works);
  }
  const digests = new Set(files.values());

  function find(name: string): string | undefined {
    let at = plain(name);
    for (let followed = 0; followed < LINKS_MOST; followed++) {
      const target = links.get(at);
      if (target === undefined) return files.get(at);
      at = target;
    }
    return undefined;
  }

  return {
    find,
    need(name) {
      const digest = find(name);
      if (digest === undefined) throw new EngineError('invalid', `open ${name}: no such file or directory`);
      return digest;
    },
    has: (digest) => digests.has(digest),
    size: blobs.size,
    async json(digest) {
      if (!digests.has(digest)) throw new EngineError('invalid', `blob ${digest} is not in the archive`);
      if (blobs.size(digest) > JSON_MOST)
        throw new EngineError('invalid', `blob ${digest} is too large for a document`);
      try {
        return JSON.parse(Buffer.from(await blobs.read(digest)).toString());
      } catch (error) {
        if (error instanceof SyntaxError) throw new EngineError('invalid', `invalid JSON: ${error.message}`, error);
        throw error;
      }
    },
  };
}

/** Names are only compared, never opened: it is enough that one file has one spelling. */
function plain(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function dense(entry: TarEntry): AsyncIterable<Uint8Array> {
  if (entry.segments)
    throw new EngineError('invalid', `${entry.name} is a sparse file, which image archives do not have`);
  return entry.data();
}

async function* signalling(
  bytes: AsyncIterable<Uint8Array>,
  { count, atEnd }: { count: (bytes: number) => void; atEnd: () => void },
): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    yield piece;
    count(piece.length);
  }
  atEnd();
}
