import { messageOf } from '../../kit/index.ts';
import { chainIds } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import type { BuildRequest, CacheSource } from '../contract.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { CacheMount } from '../language/index.ts';
import type { Progress } from '../progress.ts';
import { portableKey } from './format.ts';
import { withLayers } from './from/layers.ts';
import { bringMount } from './from/mounts.ts';
import { inlineOf, type Offer, type Offers, offersOf } from './from/offers.ts';
import { layoutPlace, type Place, registryPlace } from './from/place.ts';

/** What caches from elsewhere offer a build. Nothing is brought here before it is needed. */
export interface Imports {
  /** Whether there is a record under `key` now, brought from where it is offered under one of these names. */
  bring(names: { key: string; parts?: Record<string, string>; below?: readonly string[] }): Promise<boolean>;
  /** Fills a cache mount that is not here yet. */
  mount(mount: CacheMount): Promise<void>;
}

interface Importing {
  request: BuildRequest;
  progress: Progress;
  signal: AbortSignal;
}

const nothing: Imports = { bring: async () => false, mount: async () => undefined };

/** Looks what `--cache-from` has. What cannot be had is told, and the build goes on without it. */
export async function createImports(context: Context, importing: Importing): Promise<Imports> {
  const { cacheFrom, cacheImages } = importing.request;
  const read = await Promise.all(cacheFrom.map((source) => offersAt(context, importing, source)));
  const all = [...read.filter((one) => one !== undefined), ...cacheImages.flatMap((name) => inImage(context, name))];
  if (all.length === 0) return nothing;
  const byKey = new Map<string, Found>();
  const byChain = new Map<string, Offer>();
  for (const { place, records } of all.toReversed()) {
    for (const offer of records) {
      const ids = offer.layers.map(({ diffId }) => diffId);
      const late = offer.note?.parts && digestOfParts(offer.note.parts);
      byKey.set(offer.key, { place, offer });
      if (late !== undefined) byKey.set(late, { place, offer });
      byChain.set(chainIds(ids).at(-1) ?? '', offer);
    }
  }
  return {
    async bring({ key, parts, below }) {
      const late = parts && below && portableKey(parts, below);
      const found = byKey.get(key) ?? (late === undefined ? undefined : byKey.get(late));
      if (!found) return false;
      await take(context, { ...found, key, byChain });
      return true;
    },
    async mount(mount) {
      for (const offers of all) if (await bringMount(context, offers, { mount, signal: importing.signal })) return;
    },
  };
}

interface Found {
  place: Place;
  offer: Offer;
}

async function offersAt(
  context: Context,
  { request, progress, signal }: Importing,
  { attributes, directory }: CacheSource,
): Promise<Offers | undefined> {
  const { type = '', ref = '', src = '', digest, tag = 'latest' } = attributes;
  const from = type === 'registry' ? ref : type === 'local' ? src : type;
  const title = `importing cache manifest from ${from}`;
  try {
    return await progress.during({ digest: digestOfParts([title, attributes]), name: title }, async () => {
      if (type === 'registry') {
        return offersOf(registryPlace(context.registry, ref, { credentials: request.credentials, signal }));
      }
      if (type === 'local' && directory) return offersOf(layoutPlace(await directory(), digest ?? tag));
      throw new Error(`unknown cache importer: ${type}`);
    });
  } catch (error) {
    signal.throwIfAborted();
    context.log.info('a cache could not be imported', { from, error: messageOf(error) });
    return undefined;
  }
}

/** Images of this engine that a classic build names; their layers are here. */
function inImage({ images }: Context, name: string): Offers[] {
  try {
    const { config, layers } = images.stack(name);
    const records = inlineOf(
      config,
      layers.map(({ blob }) => blob),
    );
    return [{ place: nowhere, records, mounts: new Map() }];
  } catch {
    return [];
  }
}

const nowhere: Place = {
  root: () => Promise.reject(new Error('an image of this engine is asked nothing')),
  manifest: () => Promise.reject(new Error('an image of this engine is asked nothing')),
  blob: () => Promise.reject(new Error('the layers of an image of this engine are here')),
};

/** Brings an outcome here as records: one for each layer, and those that are here already are used. */
async function take(
  context: Context,
  { place, offer, key, byChain }: Found & { key: string; byChain: ReadonlyMap<string, Offer> },
): Promise<void> {
  const { cache } = context;
  const chains = chainIds(offer.layers.map(({ diffId }) => diffId));
  await withLayers(context, { place, layers: offer.layers }, (stack) => {
    let parent: string | undefined;
    let from = 0;
    for (let index = chains.length - 1; index >= 0 && parent === undefined; index--) {
      parent = cache.find(`base:${chains[index]}`) ?? cache.find(`chain:${chains[index]}`);
      if (parent !== undefined) from = index + 1;
    }
    for (const [index, { diffId, blob, size }] of stack.entries()) {
      if (index < from) continue;
      const chain = chains[index] ?? '';
      const { note, createdAt = offer.layers[index]?.createdAt } = byChain.get(chain) ?? {};
      parent = cache.add(
        {
          type: 'regular',
          description: note?.description ?? 'imported from a cache',
          ...(parent !== undefined && { parent }),
          layers: [{ layer: diffId, blob, size }],
          size,
          ...(createdAt !== undefined && { createdAt }),
          ...(note?.parts && { parts: note.parts }),
        },
        [`chain:${chain}`],
      );
    }
    if (parent !== undefined) cache.alias(key, parent);
  });
}
