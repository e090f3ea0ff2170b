import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crashpoint, type Log } from '../../kit/index.ts';
import type { Store } from '../../store/index.ts';
import { type CachedLayer, type CacheRecord, deleteRecord, keysIn, lastsIn, putRecord, recordsIn } from './records.ts';

/** What was built before, by keys. Everything a build takes from it is held until the build has ended. */
export interface Cache {
  find(key: string): string | undefined;
  record(id: string): CacheRecord | undefined;
  /** The layers of a record and of all below it, lowest first. */
  stack(id: string): CachedLayer[];
  /** Writes down what a step made, under its keys; the record's id. */
  add(
    record: Omit<CacheRecord, 'createdAt' | 'usedAt' | 'uses' | 'boot'> & { createdAt?: string },
    keys: string[],
  ): string;
  /** One more key for a record. */
  alias(key: string, id: string): void;
  /** The layers of these records have got digests and bytes that are safe on the disk. */
  settle(layers: ReadonlyMap<string, CachedLayer[]>): void;
  /** Records used until the hold ends cannot be pruned. */
  hold(): Hold;
  isHeld(id: string): boolean;
  /** What went into the key of a step's last run. */
  last(step: string): Record<string, string> | undefined;
}

export interface Hold {
  use(id: string): void;
  /** Writes down what was used. */
  release(): void;
}

export interface CacheDependencies {
  store: Store;
  log: Log;
  clock: () => Date;
}

/** Which life of the machine this is. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

export function createCache({ store, clock }: CacheDependencies): Cache {
  const boot = bootId();
  const held = new Map<string, number>();
  const record = (id: string) => store.view((tx) => recordsIn(tx).get(id));
  return {
    record,
    find: (key) => store.view((tx) => keysIn(tx).get(key)?.record),
    stack: (id) => store.view((tx) => stackOf(id, (at) => recordsIn(tx).get(at))),
    add(made, keys) {
      const id = randomBytes(12).toString('hex');
      const now = clock().toISOString();
      const whole = { createdAt: now, ...made, usedAt: now, uses: 1, boot };
      store.note((tx) => {
        putRecord(tx, id, whole);
        for (const key of keys) keysIn(tx).put(key, { record: id });
        if (made.parts) lastsIn(tx).put(made.parts.step ?? '', { parts: made.parts });
      });
      crashpoint('build.recorded');
      return id;
    },
    alias: (key, id) => store.note((tx) => keysIn(tx).put(key, { record: id })),
    settle: (known) => settle(store, known),
    isHeld: (id) => held.has(id),
    last: (step) => store.view((tx) => lastsIn(tx).get(step)?.parts),
    hold() {
      const mine = new Set<string>();
      return {
        use(id) {
          for (let at: string | undefined = id; at !== undefined && !mine.has(at); at = record(at)?.parent) {
            mine.add(at);
            held.set(at, (held.get(at) ?? 0) + 1);
          }
        },
        release() {
          const usedAt = clock().toISOString();
          store.note((tx) => {
            for (const id of mine) {
              const before = recordsIn(tx).get(id);
              if (before) recordsIn(tx).put(id, { ...before, usedAt, uses: before.uses + 1 });
            }
          });
          for (const id of mine) {
            const left = (held.get(id) ?? 1) - 1;
            if (left > 0) held.set(id, left);
            else held.delete(id);
          }
          mine.clear();
        },
      };
    },
  };
}

function settle(store: Store, known: ReadonlyMap<string, CachedLayer[]>): void {
  store.note((tx) => {
    for (const [id, layers] of known) {
      const record = recordsIn(tx).get(id);
      if (!record) continue;
      const { boot: _, ...before } = record;
      putRecord(tx, id, { ...before, layers });
    }
  });
}

function stackOf(id: string, get: (id: string) => CacheRecord | undefined): CachedLayer[] {
  const parts: CachedLayer[][] = [];
  for (let at = get(id); at; at = at.parent === undefined ? undefined : get(at.parent)) parts.push(at.layers);
  return parts.toReversed().flat();
}

/** Forgets what may have been lost with the machine's power, and what stands on it. */
export function forgetUnsynced(store: Store): void {
  const boot = bootId();
  store.update((tx) => {
    const all = new Map(
      recordsIn(tx)
        .all()
        .map(({ id, document }) => [id, document]),
    );
    const isLost = (record: CacheRecord | undefined): boolean =>
      record === undefined ||
      (record.boot !== undefined && record.boot !== boot) ||
      (record.parent !== undefined && isLost(all.get(record.parent)));
    for (const [id, record] of all) if (isLost(record)) deleteRecord(tx, id);
  });
}
