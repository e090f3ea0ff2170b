import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crashpoint, explainSystemError, type Hasher } from '../../kit/index.ts';
import type { StagedBlob } from '../contract.ts';
import { writeAll } from './durable.ts';

interface Place {
  /** Where it lies until it is kept. */
  temporary: string;
  /** Where a whole blob goes. */
  path: (digest: string) => string;
  /** Makes the names there durable. */
  named: () => Promise<void>;
  hasher: Hasher;
}

/** See Blobs.stage. */
export async function stageBlob(bytes: AsyncIterable<Uint8Array>, place: Place): Promise<StagedBlob> {
  const { temporary } = place;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'wx', 0o600);
    return stagedAt(place, file, await write(file, bytes, place.hasher));
  } catch (error) {
    await file?.close();
    await rm(temporary, { force: true });
    throw explainSystemError(error, temporary);
  }
}

async function write(
  file: FileHandle,
  bytes: AsyncIterable<Uint8Array>,
  hasher: Hasher,
): Promise<{ digest: string; size: number }> {
  const hashing = hasher.begin();
  try {
    let size = 0;
    for await (const chunk of bytes) {
      await hashing.update(chunk);
      await writeAll(file, chunk);
      size += chunk.length;
    }
    return { digest: `sha256:${await hashing.digest()}`, size };
  } catch (error) {
    hashing.close();
    throw error;
  }
}

function stagedAt(
  { temporary, path, named }: Place,
  file: FileHandle,
  blob: { digest: string; size: number },
): StagedBlob {
  let kept: Promise<void> | undefined;
  let isDropped = false;
  async function keep(): Promise<void> {
    try {
      await file.sync().finally(() => file.close());
      crashpoint('store.blob.written');
      await rename(temporary, path(blob.digest));
      crashpoint('store.blob.renamed');
      await named();
    } catch (error) {
      await rm(temporary, { force: true });
      throw explainSystemError(error, temporary);
    }
  }
  return {
    ...blob,
    keep() {
      kept ??= keep();
      return kept;
    },
    async drop() {
      if (kept || isDropped) return;
      isDropped = true;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}
