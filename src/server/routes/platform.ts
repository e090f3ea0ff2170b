import { decodePlatform } from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
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

/** The same where a request can be about one platform only. */
export function wantedPlatform(request: Request, since: string): Platform | undefined {
  const [platform, ...others] = wantedPlatforms(request, 'platform', since);
  if (others.length > 0) throw new EngineError('invalid', 'multiple platform parameters not supported');
  return platform;
}
