import { decodePlatform } from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import type { Images } from '../../image/index.ts';
import { EngineError } from '../../kit/index.ts';
import { formatPlatform, type Platform, platformMatches } from '../../oci/index.ts';
import type { Request } from '../request.ts';

/** The platforms a query asks for under `name`, JSON each, where the client's version has that; `invalid` otherwise. */
export function wantedPlatforms(request: Request, name: string, since: string): Platform[] {
  if (olderThan(request.version, since)) return [];
  return request.query
    .all(name)
    .filter((text) => text !== '')
    .map(decodePlatform);
}

/** Refuses an image that is not of each platform wanted: there is one platform to an image here. */
export function requirePlatform(images: Images, reference: string, wanted: Platform[]): void {
  for (const platform of wanted) {
    const { config } = images.resolve(reference);
    if (platformMatches(config, platform)) continue;
    const [has, asked] = [formatPlatform(config), formatPlatform(platform)];
    const text = `image with reference ${reference} was found but its platform (${has})`;
    throw new EngineError('notFound', `${text} does not match the specified platform (${asked})`);
  }
}
