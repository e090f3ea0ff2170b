import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashpoint, createHasher, type Damage, EngineError, type Log } from '../../kit/index.ts';
import type { Blobs } from '../contract.ts';
import { sharedWait } from '../shared-wait.ts';
import { checkBlobs } from './check-blobs.ts';
import { syncDirectory } from './durable.ts';
import { createReceiving } from './receiving.ts';
import { stageBlob } from './staging.ts';

/** Blobs under `dir`; what an earlier life left half-written is removed, but for what it was receiving. */
export function openBlobs(dir: string, log: Log): Blobs & { check(): AsyncIterable<Damage> } {
  const files = join(dir, 'sha256');
  const scratch = join(dir, 'tmp');
  rmSync(scratch, { recursive: true, force: true });
  const partials = join(dir, 'partial');
  for (const path of [files, scratch, partials]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const path = (digest: string) => join(files, hexOf(digest));
  const stat = (digest: string) => statSync(path(digest), { throwIfNoEntry: false });
  const hasher = createHasher();
  const aside = () => join(scratch, randomBytes(8).toString('hex'));

  const named = sharedWait(() => syncDirectory(files));

  const stage = (bytes: AsyncIterable<Uint8Array>) => stageBlob(bytes, { temporary: aside(), path, named, hasher });
  const { isReceiving, ...receiving } = createReceiving({ dir: partials, nameOf: hexOf, path, named, hasher });
  const blobs: Blobs = {
    path,
    has: (digest) => stat(digest) !== undefined,
    size(digest) {
      const size = stat(digest)?.size;
      if (size === undefined) throw new EngineError('notFound', `blob ${digest} not found`);
      return size;
    },
    async read(digest) {
      const bytes = await readFile(path(digest));
      // A disk may rot: nobody is handed bytes that are not what their name says.
      if (sha256(bytes) !== digest) throw new EngineError('internal', `blob ${digest} is damaged on disk`);
      return bytes;
    },
    stage,
    async ingest(bytes, expected = {}) {
      const { digest, size, keep, drop } = await stage(bytes);
      try {
        verify({ digest, size }, expected);
      } catch (error) {
        await drop();
        throw error;
      }
      await keep();
      return { digest, size };
    },
    ...receiving,
    delete(digest) {
      if (!stat(digest)) return;
      // Freeing a large file takes the file system long: out of sight at once, gone soon.
      const doomed = aside();
      renameSync(path(digest), doomed);
      crashpoint('store.blob.deleted');
      rm(doomed, { force: true }).catch((error) => log.warn('cannot remove a blob', { digest, error }));
    },
    all: () => readdirSync(files).map((hex) => `sha256:${hex}`),
  };
  return { ...blobs, check: () => checkBlobs({ files, partials, scratch }, { ...blobs, isReceiving }) };
}

function verify(blob: { digest: string; size: number }, expected: { digest?: string; size?: number }): void {
  if (expected.size !== undefined && expected.size !== blob.size) {
    throw new EngineError('invalid', `unexpected size ${blob.size}, expected ${expected.size}`);
  }
  if (expected.digest !== undefined && expected.digest !== blob.digest) {
    throw new EngineError('invalid', `unexpected digest ${blob.digest}, expected ${expected.digest}`);
  }
}

function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (!hex) throw new EngineError('invalid', `invalid digest ${JSON.stringify(digest)}`);
  return hex;
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
