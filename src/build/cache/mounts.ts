import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../store/index.ts';
import type { CacheMount } from '../language/index.ts';
import { putRecord, recordsIn } from './records.ts';

/** The directories of cache mounts, each a record. */
export interface CacheMounts {
  /** Waits with `locked` until nobody else has it, takes with `private` one that nobody has, and with `shared` the one of all. */
  take(name: string, sharing: CacheMount['sharing']): Promise<TakenMount>;
  inUse(id: string): boolean;
  path(directory: string): string;
  /** Bytes of its files. */
  size(directory: string): number;
  remove(directory: string): Promise<void>;
}

export interface TakenMount {
  /** Its record, once it has been filled. */
  record: string | undefined;
  directory: string;
  /** It is filled now. */
  enter(mount: CacheMount): void;
  release(): void;
}

export function createCacheMounts({
  store,
  directory,
  clock,
}: {
  store: Store;
  directory: string;
  clock: () => Date;
}): CacheMounts {
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
    size: (name) => bytesBelow(join(directory, name)),
    remove: (name) => rm(join(directory, name), { recursive: true, force: true }),
    async take(name, sharing) {
      const own = await settled(name, sharing);
      users.set(own, (users.get(own) ?? 0) + 1);
      let released = false;
      return {
        record: store.view((tx) => recordsIn(tx).get(own)) ? own : undefined,
        directory: own,
        enter(mount) {
          const description = `cached mount ${mount.target} with id ${JSON.stringify(mount.id)}`;
          const now = clock().toISOString();
          const times = { createdAt: now, usedAt: now, uses: 0 };
          store.note((tx) =>
            putRecord(tx, own, { type: 'exec.cachemount', description, layers: [], size: 0, directory: own, ...times }),
          );
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

/** Removes directories of cache mounts that no record knows. */
export function sweepCacheMounts(store: Store, directory: string): void {
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

function bytesBelow(path: string): number {
  let size = 0;
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) size += lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return size;
}
