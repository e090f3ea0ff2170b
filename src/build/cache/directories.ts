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
  const users = createUsers();
  const pathOf = (name: string): string => join(directory, name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    inUse: users.has,
    path: pathOf,
    size: (name) => (existsSync(pathOf(name)) ? treeSize(pathOf(name)) : Promise.resolve(0)),
    async remove(name) {
      const gone = pathOf(`${name}.${newId()}`);
      if (!existsSync(pathOf(name))) return;
      renameSync(pathOf(name), gone);
      await rm(gone, { recursive: true, force: true });
    },
    async take(name, sharing) {
      const own = await users.enter(name, sharing);
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
          noteUse(store, own, clock().toISOString());
          users.leave(own);
        },
      };
    },
  };
}

/** Who has which directory. */
function createUsers() {
  const users = new Map<string, number>();
  const waiting: (() => void)[] = [];

  /** The first of name, name-1, name-2 … that nobody has. */
  function freeName(name: string): string {
    for (let count = 0; ; count++) {
      const own = count === 0 ? name : `${name}-${count}`;
      if (!users.has(own)) return own;
    }
  }

  async function free(name: string): Promise<void> {
    while (users.has(name)) await new Promise<void>((resolve) => waiting.push(resolve));
  }

  return {
    has: (name: string) => users.has(name),
    /** The name of the one that is the caller's now, with others' or alone. */
    async enter(name: string, sharing: CacheMount['sharing']): Promise<string> {
      if (sharing === 'locked') await free(name);
      const own = sharing === 'private' ? freeName(name) : name;
      users.set(own, (users.get(own) ?? 0) + 1);
      return own;
    },
    leave(own: string): void {
      const left = (users.get(own) ?? 1) - 1;
      if (left > 0) users.set(own, left);
      else users.delete(own);
      for (const wake of waiting.splice(0)) wake();
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
