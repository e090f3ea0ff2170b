import type { ImageDeleteResponseItem } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { chainIds, familiarString, type Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { type Context, publishAll } from '../context.ts';
import { isPart } from '../records/indexes.ts';
import { childrenOf, imagesIn, namesOf } from '../records/records.ts';
import { parseFilters } from '../show/filters.ts';
import { removeImage } from './remove.ts';

const known = ['dangling', 'label', 'label!', 'until'];

/** See Images.prune. What a container uses, or another image stands on, stays. */
export async function pruneImages(
  context: Context,
  filters: Record<string, string[]>,
): Promise<{ ImagesDeleted: ImageDeleteResponseItem[]; SpaceReclaimed: number }> {
  const { targets, sizes } = context.store.view((tx) => ({
    targets: targetsOf(tx, filters, context.clock()),
    sizes: sizesOf(tx),
  }));
  const deleted: ImageDeleteResponseItem[] = [];
  for (const target of targets) {
    try {
      deleted.push(...(await removeImage(context, target, { force: false, prune: true })));
    } catch (error) {
      // In use, or gone already.
      if (!(error instanceof EngineError) || !['conflict', 'notFound'].includes(error.kind)) throw error;
    }
  }
  const reclaimed = deleted.reduce((sum, { Deleted }) => sum + (sizes.get(Deleted ?? '') ?? 0), 0);
  publishAll(context, [{ action: 'prune', id: '', labels: { reclaimed: String(reclaimed) } }]);
  return { ImagesDeleted: deleted, SpaceReclaimed: reclaimed };
}

/** What is to be removed, each by a name or, without names, by its id. */
function targetsOf(tx: Tx, filters: Record<string, string[]>, now: Date): string[] {
  for (const name of Object.keys(filters)) {
    if (!known.includes(name)) throw new EngineError('invalid', `invalid filter '${name}'`);
  }
  const { dangling = [], ...others } = filters;
  const onlyDangling = wantsDangling(dangling);
  const wanted = filtersOf(tx, others, now);
  return imagesIn(tx)
    .all()
    .filter(({ document }) => wanted.image(document, false))
    .flatMap(({ id }) => {
      const names = namesOf(tx, id);
      if (isPart(tx, id)) return [];
      if (names.length === 0) return childrenOf(tx, id).length > 0 ? [] : [id];
      // The last in order stays with an image that is in use.
      return onlyDangling && names.some(isTagged) ? [] : names.map(familiarString).toSorted();
    });
}

/** A time that is none is the engine's failure (500) here, as in Docker. */
function filtersOf(...given: Parameters<typeof parseFilters>): ReturnType<typeof parseFilters> {
  try {
    return parseFilters(...given);
  } catch (error) {
    throw error instanceof EngineError ? new EngineError('internal', error.message, error) : error;
  }
}

const isTagged = (name: Reference): boolean => name.digest === undefined;

function wantsDangling(values: string[]): boolean {
  const [value = 'true'] = values;
  if (values.length <= 1 && ['1', 'true'].includes(value)) return true;
  if (values.length <= 1 && ['0', 'false'].includes(value)) return false;
  throw new EngineError('invalid', `invalid filter 'dangling=[${values.join(' ')}]'`);
}

/** The bytes of each layer's files, by its chain id. */
function sizesOf(tx: Tx): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { document } of imagesIn(tx).all()) {
    for (const [index, chain] of chainIds(document.config.rootfs.diff_ids).entries()) {
      sizes.set(chain, document.sizes[index] ?? 0);
    }
  }
  return sizes;
}
