import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crashpoint, EngineError, explainSystemError } from '../kit/index.ts';
import type { Incoming } from './contract.ts';
import { syncDirectory, writeAll } from './durable.ts';

const STEP = 1 << 20;

/** What writer and readers share; the file is closed by the last of them. */
interface Shared {
  file: FileHandle;
  users: number;
  size: number;
  ended: boolean;
  failure?: Error;
  waiting: (() => void)[];
}

/** Opens what is there of a blob, which an earlier life may have begun, at `partial`; whole it goes to `path`. `onEnd` is called at its end, good or bad. */
export async function openIncoming(options: {
  digest: string;
  partial: string;
  path: string;
  onEnd: () => void;
}): Promise<Incoming> {
  const { digest, partial, path, onEnd } = options;
  const shared: Shared = { file: await openPartial(partial), users: 1, size: 0, ended: false, waiting: [] };
  const hash = createHash('sha256');
  shared.size = await hashFile(shared.file, hash);
  const resumed = shared.size;

  async function end(failure?: Error): Promise<void> {
    if (shared.ended) return;
    shared.ended = true;
    if (failure) shared.failure = failure;
    onEnd();
    wake(shared);
    await leave(shared);
  }

  async function place(): Promise<void> {
    const actual = `sha256:${hash.digest('hex')}`;
    if (actual !== digest) {
      await rm(partial, { force: true });
      throw new EngineError('invalid', `unexpected digest ${actual}, expected ${digest}`);
    }
    await shared.file.sync();
    crashpoint('store.incoming.synced');
    await rename(partial, path);
    crashpoint('store.incoming.renamed');
    await syncDirectory(dirname(path));
  }

  return {
    resumed,
    get size() {
      return shared.size;
    },
    async write(bytes) {
      try {
        await writeAll(shared.file, bytes);
      } catch (error) {
        throw explainSystemError(error);
      }
      hash.update(bytes);
      shared.size += bytes.length;
      wake(shared);
    },
    follow: () => follow(shared, path),
    async finish() {
      try {
        await place();
        await end();
      } catch (error) {
        const failure = explainSystemError(error) as Error;
        await end(failure);
        throw failure;
      }
    },
    close: (failure) => end(failure ?? new EngineError('internal', 'the download was broken off')),
  };
}

async function openPartial(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+', 0o600);
  } catch (error) {
    throw explainSystemError(error, path);
  }
}

/** Hashes all of the file; how much that is. */
async function hashFile(file: FileHandle, hash: Hash): Promise<number> {
  const buffer = Buffer.allocUnsafe(STEP);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, STEP, at);
    if (bytesRead === 0) return at;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function* follow(shared: Shared, path: string): AsyncGenerator<Uint8Array> {
  if (shared.failure) throw shared.failure;
  // Who comes after the end finds the whole blob in its place.
  if (shared.ended) return yield* createReadStream(path, { highWaterMark: STEP }) as AsyncIterable<Uint8Array>;
  shared.users++;
  try {
    for (let at = 0; ; ) {
      if (at < shared.size) {
        const { bytesRead, buffer } = await shared.file.read(
          Buffer.allocUnsafe(STEP),
          0,
          Math.min(STEP, shared.size - at),
          at,
        );
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (shared.ended) {
        if (shared.failure) throw shared.failure;
        return;
      } else await new Promise<void>((resolve) => shared.waiting.push(resolve));
    }
  } finally {
    await leave(shared);
  }
}

function wake(shared: Shared): void {
  for (const resolve of shared.waiting.splice(0)) resolve();
}

async function leave(shared: Shared): Promise<void> {
  if (--shared.users === 0) await shared.file.close();
}
