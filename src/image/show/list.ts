import type { ImageSummary } from '../../api/index.ts';
import { chainIds, type Reference } from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import type { Images } from '../contract.ts';
import { isPart, namelessIndexOf } from '../records/indexes.ts';
import { childrenOf, type ImageRecord, imagesIn, nameIn, namesOf, usersOf } from '../records/records.ts';
import { parseFilters } from './filters.ts';
import { secondsOf, sizeOf, sortedNames } from './inspect.ts';
import { descriptorOf, manifestsOf } from './manifests.ts';

/** The images, newest first. */
export function listImages(context: Context, options: Parameters<Images['list']>[0]): ImageSummary[] {
  return context.store.view((tx) => {
    const filters = parseFilters(tx, options.filters, context.clock());
    const all = imagesIn(tx).all();
    const uses = options.sharedSize ? usesOfLayers(all.map((image) => image.document)) : undefined;
    const summaries = all.flatMap(({ id, document }) => {
      const names = namesOf(tx, id);
      const shown = names.filter(filters.name);
      const isBetween = names.length === 0 && childrenOf(tx, id).length > 0;
      // It is listed with the others of its list.
      if (isPart(tx, id)) return [];
      if (isBetween && !options.all) return [];
      if (!filters.image(document, names.length === 0 && !isBetween) || (filters.byName && shown.length === 0))
        return [];
      const target = { id, record: document, ...wholeOf(tx, id, names) };
      const Descriptor = descriptorOf(context, tx, target);
      const Manifests = options.manifests ? manifestsOf(context, tx, target) : [];
      const Size = Manifests.length > 0 ? totalOf(Manifests) : sizeOf(document);
      return {
        Containers: options.containerCount ? usersOf(tx, id).length : -1,
        Created: secondsOf(document.config.created),
        Id: id,
        Labels: (document.config.config?.Labels ?? null) as Record<string, string>,
        ParentId: document.parent ?? '',
        ...(Descriptor && { Descriptor }),
        ...(options.manifests && { Manifests }),
        ...sortedNames(shown),
        SharedSize: uses ? sharedSize(document, uses) : -1,
        Size,
      };
    });
    return summaries.toSorted((a, b) => b.Created - a.Created);
  });
}

/** What all platforms of an image take, packed and unpacked. */
function totalOf(manifests: ReturnType<typeof manifestsOf>): number {
  return manifests.reduce((sum, { Size }) => sum + Size.Total, 0);
}

/** The list that the first of the names stands for, by the tags of an image. */
function wholeOf(tx: Tx, id: string, names: Reference[]): { index?: string } {
  const index =
    names.length === 0 ? namelessIndexOf(tx, id) : names.map((name) => nameIn(tx, name)?.index).find(Boolean);
  return index === undefined ? {} : { index };
}

/** How many images stand on each layer, by chain id. */
function usesOfLayers(images: ImageRecord[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const image of images) {
    for (const chain of chainIds(image.config.rootfs.diff_ids)) uses.set(chain, (uses.get(chain) ?? 0) + 1);
  }
  return uses;
}

function sharedSize(image: ImageRecord, uses: Map<string, number>): number {
  const chains = chainIds(image.config.rootfs.diff_ids);
  return image.sizes.reduce((sum, size, index) => sum + ((uses.get(chains[index] ?? '') ?? 0) > 1 ? size : 0), 0);
}

/** See Images.layersSize. */
export function layersSize({ store }: Context): number {
  const sizes = new Map<string, number>();
  for (const { document } of store.view((tx) => imagesIn(tx).all())) {
    const chains = chainIds(document.config.rootfs.diff_ids);
    for (const [index, chain] of chains.entries()) sizes.set(chain, document.sizes[index] ?? 0);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
