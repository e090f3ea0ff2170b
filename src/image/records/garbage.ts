import type { Snapshots } from '../../snapshot/index.ts';
import type { Store } from '../../store/index.ts';

/** Holds what is being taken in, before any image names it. */
export interface Lease {
  hold(target: string): void;
  /** Lets go; what then nobody names is deleted. */
  release(): Promise<void>;
}

/** Removal of blobs (`blob:<digest>`) and layers (`layer:<diffID>`) that no image and no build names and no lease holds. */
export interface Garbage {
  lease(): Lease;
  /** An image or a build names it, or a lease holds it. */
  needs(target: string): boolean;
  /** Deletes those of the targets that nobody needs any more. */
  drop(targets: Iterable<string>): Promise<void>;
  /** Deletes all such things that are on disk. */
  collect(): Promise<void>;
}

export function createGarbage({ store, snapshots }: { store: Store; snapshots: Snapshots }): Garbage {
  const held = new Map<string, number>();

  const needed = (target: string) =>
    held.has(target) || store.view(({ refs }) => refs.ownersOf(target)).some(({ owner }) => keeps(owner));

  async function drop(targets: Iterable<string>): Promise<void> {
    for (const target of targets) {
      if (needed(target)) continue;
      const [kind, id] = split(target);
      if (kind === 'blob') store.blobs.delete(id);
      else await snapshots.removeLayer(id);
    }
  }

  return {
    drop,
    needs: needed,
    lease() {
      const mine = new Set<string>();
      return {
        hold(target) {
          if (mine.has(target)) return;
          mine.add(target);
          held.set(target, (held.get(target) ?? 0) + 1);
        },
        async release() {
          for (const target of mine) {
            const left = (held.get(target) ?? 1) - 1;
            if (left > 0) held.set(target, left);
            else held.delete(target);
          }
          await drop(mine);
          mine.clear();
        },
      };
    },
    async collect() {
      await drop(store.blobs.all().map((digest) => `blob:${digest}`));
      await snapshots.sweep({ layer: (diffId) => needed(`layer:${diffId}`) });
    },
  };
}

/** Images, lists of them, and what builds have made. */
const keeps = (owner: string): boolean => /^(image|index|build):/.test(owner);

function split(target: string): [kind: string, id: string] {
  const colon = target.indexOf(':');
  return [target.slice(0, colon), target.slice(colon + 1)];
}
