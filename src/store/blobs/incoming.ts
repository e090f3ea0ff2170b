import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crashpoint, EngineError, explainSystemError, type Hasher, type Hashing } from '../../kit/index.ts';
import type { Incoming } from '../contract.ts';
import { writeAll } from './durable.ts';

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

/** Where a blob comes in: what an earlier life may have begun of it is at `partial`; whole it goes to `path`. */
interface Place {
  digest: string;
  partial: string;
  path: string;
  /** Makes the names there durable. */
  named: () => Promise<void>;
  hasher: Hasher;
  /** Called at its end, good or bad. */
  onEnd: () => void;
}

/** Opens what is there of a blob. */
export async function openIncoming(place: Place): Promise<Incoming> {
  const { partial, path, hasher, onEnd } = place;
  const shared: Shared = { file: await openPartial(partial), users: 1, size: 0, ended: false, waiting: [] };
  const hashing = hasher.begin();
  try {
    shared.size = await hashFile(shared.file, hashing);
  } catch (error) {
    hashing.close();
    await leave(shared);
    throw explainSystemError(error, partial);
  }
  const resumed = shared.size;

  async function end(failure?: Error): Promise<void> {
    if (shared.ended) return;
    shared.ended = true;
    if (failure) {
      shared.failure = failure;
      hashing.close();
    }
    onEnd();
    wake(shared);
    await leave(shared);
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
      const hashed = hashing.update(bytes);
      shared.size += bytes.length;
      wake(shared);
      await hashed;
    },
    follow: () => follow(shared, path),
    async finish() {
      try {
        await settle(place, shared.file, `sha256:${await hashing.digest()}`);
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

/** Puts the whole blob in its place, durably, if it is what it should be. */
async function settle({ digest, partial, path, named }: Place, file: FileHandle, actual: string): Promise<void> {
  if (actual !== digest) {
    await rm(partial, { force: true });
    throw new EngineError('invalid', `unexpected digest ${actual}, expected ${digest}`);
  }
  await file.sync();
  crashpoint('store.incoming.synced');
  await rename(partial, path);
  crashpoint('store.incoming.renamed');
  await named();
}

async function openPartial(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+', 0o600);
  } catch (error) {
    throw explainSystemError(error, path);
  }
}

/** Hashes all of the file; how much that is. */
async function hashFile(file: FileHandle, hashing: Hashing): Promise<number> {
  const buffer = Buffer.allocUnsafe(STEP);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, STEP, at);
    if (bytesRead === 0) return at;
    await hashing.update(buffer.subarray(0, bytesRead));
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
        const length = Math.min(STEP, shared.size - at);
        const { bytesRead, buffer } = await shared.file.read(Buffer.allocUnsafe(length), 0, length, at);
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
