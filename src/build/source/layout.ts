import { EngineError } from '../../kit/index.ts';
import { formatPlatform, type ImageConfig, type Platform, platformMatches } from '../../oci/index.ts';
import { baseKey, baseRecord } from '../cache/bases.ts';
import type { Context } from '../context.ts';
import type { NamedContext } from '../contract.ts';
import { withLayers } from '../exchange/from/layers.ts';
import { documentIn, layoutPlace, type Place } from '../exchange/from/place.ts';
import type { BaseImage } from './base-image.ts';

type LayoutContext = Extract<NamedContext, { layout: string }>;

/** An image of a client's OCI layout: `path:tag`, `path@digest`, or the only one there. */
export async function layoutImage(
  context: Context,
  { layout, directory }: LayoutContext,
  platform: Platform,
): Promise<BaseImage> {
  const place = layoutPlace(await directory(), referenceIn(layout));
  const { config, layers } = await imageAt(place, platform);
  const offered = config.rootfs.diff_ids.map((diffId, index) => ({ diffId, blob: layers[index] ?? '' }));
  return withLayers(context, { place, layers: offered }, (stack) => {
    const key = baseKey(stack);
    // Written down while they are held; the solver finds it again.
    if (key !== undefined) baseRecord(context.cache, { key, name: `oci-layout://${layout}`, layers: stack });
    return { config, layers: stack };
  });
}

/** `latest` where neither a tag nor a digest is said. */
function referenceIn(layout: string): string {
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(layout)?.[1];
  return digest ?? /:([\w][\w.-]{0,127})$/.exec(layout)?.[1] ?? 'latest';
}

async function imageAt(place: Place, platform: Platform): Promise<{ config: ImageConfig; layers: string[] }> {
  let manifest = await place.root();
  for (let depth = 0; manifest.manifests && depth < 3; depth++) {
    const all = manifest.manifests;
    const found =
      all.find((one) => one.platform && platformMatches(one.platform, platform)) ??
      (all.length === 1 ? all[0] : undefined);
    if (!found) throw new EngineError('notFound', `no match for platform in manifest: ${formatPlatform(platform)}`);
    manifest = await place.manifest(found.digest);
  }
  if (!manifest.config) throw new EngineError('invalid', 'the layout holds no image');
  const config = await documentIn<ImageConfig>(place, manifest.config.digest);
  return { config, layers: (manifest.layers ?? []).map(({ digest }) => digest) };
}
