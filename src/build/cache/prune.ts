import { statfsSync } from 'node:fs';
import { crashpoint } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { PruneOptions } from '../contract.ts';
import { type CacheRecord, deleteRecord, recordsIn } from './records.ts';
import { isShared, sharedLayers, sizeOf } from './usage.ts';

interface Row {
  id: string;
  record: CacheRecord;
  size: number;
}

/** See Builds.prune. The oldest go first, and nothing goes before what stands on it. */
export async function prune(
  context: Context,
  options: PruneOptions,
): Promise<{ CachesDeleted: string[]; SpaceReclaimed: number }> {
  const { store } = context;
  const shared = sharedLayers(context);
  const rows = await rowsOf(context);
  let total = rows.reduce((sum, { size }) => sum + size, 0);
  const kept = keptBytes(options, { total, free: freeBytes(context) });
  const deleted: string[] = [];
  let reclaimed = 0;
  const gone = new Set<string>();
  for (let again = true; again; ) {
    again = false;
    for (const { id, record, size } of rows) {
      if (kept !== undefined && total <= kept) break;
      if (gone.has(id) || !mayGo(context, { id, record, options })) continue;
      if (!options.all && isShared(record, shared)) continue;
      // Builds go on meanwhile: what stands on it may have come later than the list.
      if (store.view((tx) => recordsIn(tx).idsBy('parent', id)).length > 0) continue;
      const targets = store.update((tx) => deleteRecord(tx, id));
      crashpoint('build.pruned');
      // Before anything is waited for: who wants one of that name from now on begins anew.
      if (record.directory !== undefined) await context.directories.remove(record.directory);
      await context.images.drop(targets);
      gone.add(id);
      deleted.push(id);
      total -= size;
      // What an image has, too, is not freed.
      if (!isShared(record, shared)) reclaimed += size;
      again = true;
    }
  }
  return { CachesDeleted: deleted, SpaceReclaimed: reclaimed };
}

/**
 * Bytes that may stay, undefined where none are asked to: as BuildKit reckons, at most `maxUsed`, so that `minFree` of the disk is free,
 * but never less than `keepStorage`.
 */
export function keptBytes(
  { keepStorage = 0, maxUsed = 0, minFree = 0 }: Omit<PruneOptions, 'all' | 'filters'>,
  { total, free }: { total: number; free: number },
): number | undefined {
  if (keepStorage === 0 && maxUsed === 0 && minFree === 0) return undefined;
  const excess = minFree - free;
  const most = excess > 0 ? Math.min(maxUsed || total, total - excess) : maxUsed;
  return Math.max(most, keepStorage, 0);
}

function freeBytes({ directory }: Context): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

async function rowsOf(context: Context): Promise<Row[]> {
  const { store } = context;
  const all = store.view((tx) => recordsIn(tx).all());
  const rows: Row[] = [];
  for (const { id, document: record } of all) rows.push({ id, record, size: await sizeOf(context, record) });
  return rows.toSorted((one, other) => one.record.usedAt.localeCompare(other.record.usedAt));
}

function mayGo(
  { cache, directories, clock }: Context,
  { id, record, options }: { id: string; record: CacheRecord; options: PruneOptions },
): boolean {
  if (cache.isHeld(id) || directories.inUse(id)) return false;
  const { filters } = options;
  const until = filters.until?.[0];
  if (until !== undefined && Date.parse(record.usedAt) > clock().getTime() - ageOf(until)) return false;
  if (filters.id && !filters.id.some((text) => id.startsWith(text.replace(/^~/, '')))) return false;
  if (filters.type && !filters.type.includes(record.type)) return false;
  return true;
}

/** Milliseconds of a duration in Go's way. */
function ageOf(text: string): number {
  const units: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3600_000 };
  let sum = 0;
  for (const [, count = '0', unit = 'h'] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g))
    sum += Number(count) * (units[unit] ?? 0);
  return sum;
}
