import { decodePlatform } from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import type { Platform } from '../../oci/index.ts';
import type { Request } from '../request.ts';

/** The platforms a query asks for under `name`, JSON each, where the client's version has that; `invalid` otherwise. */
export function wantedPlatforms(request: Request, name: string, since: string): Platform[] {
  if (olderThan(request.version, since)) return [];
  return request.query
    .all(name)
    .filter((text) => text !== '')
    .map(decodePlatform);
}
