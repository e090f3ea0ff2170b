import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { treeSize } from '../../host/index.ts';
import { newId } from '../../kit/index.ts';
import type { Store } from '../../store/index.ts';
import type { CacheMount } from '../language/index.ts';
import { type CacheRecord, putRecord, recordsIn } from './records.ts';

/** Directories whose files builds change: cache mounts and copies of clients' directories, each a record. */
export interface CacheDirectories {
  /** Waits with `locked` until nobody else has it, takes with `private` one that nobody has, and with `shared` the one of all. */
  take(name: string, sharing: CacheMount['sharing']): Promise<TakenDirectory>;
  inUse(id: string): boolean;
  path(directory: string): string;
  /** Bytes of a cache mount's files; 0 where it is gone. */
  size(directory: string): Promise<number>;
  /** Its name is free at once. */
  remove(directory: string): Promise<void>;
}

export interface TakenDirectory {
  /** Its record, once it has been filled. */
  record: string | undefined;
  directory: string;
  /** It is filled now. */
  enter(what: Pick<CacheRecord, 'type' | 'description' | 'size' | 'boot'>): void;
  release(): void;
}

export function createCacheDirectories({
  store,
  directory,
  clock,
}: {
  store: Store;
  directory: string;
  clock: () => Date;
}): CacheDirectories {
  const users = new Map<string, number>();
  const waiting: (() => void)[] = [];
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  /** `private`: the first of name, name-1, name-2 … that nobody has. */
  function freeName(name: string): string {
    for (let count = 0; ; count++) {
      const own = count === 0 ? name : `${name}-${count}`;
      if (!users.has(own)) return own;
    }
  }

  async function settled(name: string, sharing: CacheMount['sharing']): Promise<string> {
    if (sharing === 'private') return freeName(name);
    if (sharing === 'shared') return name;
    while (users.has(name)) await new Promise<void>((resolve) => waiting.push(resolve));
    return name;
  }

  return {
    inUse: (id) => users.has(id),
    path: (name) => join(directory, name),
    size: (name) => (existsSync(join(directory, name)) ? treeSize(join(directory, name)) : Promise.resolve(0)),
    async remove(name) {
      const gone = join(directory, `${name}.${newId()}`);
      if (!existsSync(join(directory, name))) return;
      renameSync(join(directory, name), gone);
      await rm(gone, { recursive: true, force: true });
    },
    async take(name, sharing) {
      const own = await settled(name, sharing);
      users.set(own, (users.get(own) ?? 0) + 1);
      let released = false;
      return {
        record: store.view((tx) => recordsIn(tx).get(own)) ? own : undefined,
        directory: own,
        enter(what) {
          const usedAt = clock().toISOString();
          store.note((tx) => {
            const { createdAt, uses } = recordsIn(tx).get(own) ?? { createdAt: usedAt, uses: 0 };
            putRecord(tx, own, { ...what, layers: [], directory: own, createdAt, usedAt, uses });
          });
        },
        release() {
          if (released) return;
          released = true;
          const left = (users.get(own) ?? 1) - 1;
          if (left > 0) users.set(own, left);
          else users.delete(own);
          noteUse(store, own, clock().toISOString());
          for (const wake of waiting.splice(0)) wake();
        },
      };
    },
  };
}

function noteUse(store: Store, id: string, usedAt: string): void {
  store.note((tx) => {
    const before = recordsIn(tx).get(id);
    if (before) recordsIn(tx).put(id, { ...before, usedAt, uses: before.uses + 1 });
  });
}

/** Removes directories that no record knows. */
export function sweepCacheDirectories(store: Store, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const known = store.view(
    (tx) =>
      new Set(
        recordsIn(tx)
          .all()
          .map(({ document }) => document.directory),
      ),
  );
  for (const name of readdirSync(directory)) {
    if (!known.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}
