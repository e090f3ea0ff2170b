import type { BuildCache } from '../../api/index.ts';
import type { Context } from '../context.ts';
import { type CacheRecord, recordsIn } from './records.ts';

/** The records as Docker shows them. */
export async function usage(context: Context): Promise<BuildCache[]> {
  const { store } = context;
  const all = store.view((tx) => recordsIn(tx).all());
  const shared = sharedLayers(context);
  const shownAll: BuildCache[] = [];
  for (const { id, document: record } of all) {
    const size = await sizeOf(context, record);
    shownAll.push(shown(context, { id, record, size, isShared: isShared(record, shared) }));
  }
  return shownAll;
}

/** The layers that images have. */
export function sharedLayers({ store }: Pick<Context, 'store'>): (layer: string) => boolean {
  return (layer) =>
    store.view((tx) => tx.refs.ownersOf(`layer:${layer}`)).some(({ owner }) => owner.startsWith('image:'));
}

export function isShared({ layers }: CacheRecord, shared: (layer: string) => boolean): boolean {
  return layers.some(({ layer }) => shared(layer));
}

/** Of a cache mount it is what steps have made it. */
export async function sizeOf(
  { directories }: Pick<Context, 'directories'>,
  { type, directory, size }: CacheRecord,
): Promise<number> {
  return type === 'exec.cachemount' && directory !== undefined ? directories.size(directory) : size;
}

function shown(
  context: Context,
  { id, record, size, isShared }: { id: string; record: CacheRecord; size: number; isShared: boolean },
): BuildCache {
  const { cache, directories } = context;
  return {
    ID: id,
    ...(record.parent !== undefined && { Parents: [record.parent] }),
    Type: record.type,
    Description: record.description,
    InUse: cache.isHeld(id) || directories.inUse(id),
    Shared: isShared,
    Size: size,
    CreatedAt: record.createdAt,
    LastUsedAt: record.usedAt,
    UsageCount: record.uses,
  };
}
