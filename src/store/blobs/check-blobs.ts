import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, leftOverAfter } from '../../kit/index.ts';
import type { Blobs } from '../contract.ts';

/** The directories of blobs: whole ones, those on their way in that a later life may go on with, and what is just being written. */
export interface BlobPlaces {
  files: string;
  partials: string;
  scratch: string;
}

/** Every blob against its name, and what lies beside them and is none. A damaged one is removed: whoever needs it then hears that it is gone. */
export async function* checkBlobs(
  { files, partials, scratch }: BlobPlaces,
  blobs: Blobs & { isReceiving(name: string): boolean },
): AsyncGenerator<Damage> {
  for (const name of readdirSync(files)) {
    if (!isHex(name)) {
      yield stray(files, name, 'lies among the blobs and is none');
      continue;
    }
    const digest = `sha256:${name}`;
    if ((await hashOf(join(files, name))) === name || !blobs.has(digest)) continue;
    yield {
      subject: `blob ${digest}`,
      problem: 'its bytes are not those of its digest',
      repair() {
        blobs.delete(digest);
        return 'removed';
      },
    };
  }
  yield* checkPartials(partials, blobs);
  for (const name of readdirSync(scratch)) {
    if (isOld(join(scratch, name))) yield stray(scratch, name, 'was begun as a blob, and nobody goes on with it');
  }
}

/** What is in a partial download is held against its digest once it is whole; before that only its name can be wrong. */
async function* checkPartials(
  partials: string,
  blobs: Blobs & { isReceiving(name: string): boolean },
): AsyncGenerator<Damage> {
  for (const name of readdirSync(partials)) {
    if (blobs.isReceiving(name)) continue;
    const status = statSync(join(partials, name), { throwIfNoEntry: false });
    if (!status) continue;
    if (!isHex(name) || !status.isFile()) yield stray(partials, name, 'lies among the partial downloads and is none');
    else if (blobs.has(`sha256:${name}`)) {
      yield stray(partials, name, 'is a partial download of a blob that is here whole', 'partial download');
    }
  }
}

function stray(directory: string, name: string, problem: string, kind = 'file'): Damage {
  const repair = () => {
    rmSync(join(directory, name), { recursive: true, force: true });
    return 'removed';
  };
  return { subject: `${kind} ${name}`, problem, repair };
}

const isHex = (name: string) => /^[0-9a-f]{64}$/.test(name);

function isOld(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > leftOverAfter;
}

/** Undefined for a file that is gone by now. */
async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(bytes as Uint8Array);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT') return undefined;
    // What cannot be read is as good as damaged.
    if (code !== 'EIO' && code !== 'EISDIR') throw error;
  }
  return hash.digest('hex');
}
