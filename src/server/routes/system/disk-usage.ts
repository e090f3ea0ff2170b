import { type ImageSummary, olderThan } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { Backends } from '../../contract.ts';
import { type Handler, type Request, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** What images, containers, volumes and builds take on the disk. */
export function diskUsageRoutes(backends: Backends): Route[] {
  return [['GET', '/system/df', diskUsage(backends)]];
}

function diskUsage({ builds, containers, images, volumes }: Backends): Handler {
  return async (request) => {
    const wanted = wantedTypes(request);
    const all = { all: true, size: true, snapshots: true, filters: {} };
    const everyImage = { all: false, filters: {}, sharedSize: true, containerCount: true };
    const [foundContainers, foundImages, foundVolumes, foundCache] = await Promise.all([
      wanted('container') ? containers.list(all) : null,
      wanted('image') ? images.list(everyImage) : null,
      wanted('volume') ? volumes.usage() : null,
      wanted('build-cache') ? builds.usage() : null,
    ]);
    await sendJson(request, 200, {
      LayersSize: foundImages ? images.layersSize() : 0,
      Images: foundImages?.map((image) => shapeImage(image, request.version)) ?? null,
      Containers: foundContainers,
      Volumes: foundVolumes,
      BuildCache: foundCache,
    });
  };
}

const types = ['container', 'image', 'volume', 'build-cache'];

/** Whether a type was asked for; without any, and before 1.42, all are. */
function wantedTypes({ query, version }: Request): (type: string) => boolean {
  const asked = olderThan(version, '1.42') || !query.has('type') ? types : query.all('type');
  const unknown = asked.find((type) => !types.includes(type));
  if (unknown !== undefined) throw new EngineError('invalid', `unknown object type: ${unknown}`);
  return (type) => asked.includes(type);
}

/** Here, unlike in the list, names that an image has not are null. */
function shapeImage(image: ImageSummary, version: string): Record<string, unknown> {
  const { RepoTags, RepoDigests } = image;
  return {
    ...image,
    RepoTags: RepoTags?.length ? RepoTags : null,
    RepoDigests: RepoDigests?.length ? RepoDigests : null,
    ...(olderThan(version, '1.44') && { VirtualSize: image.Size }),
  };
}
