import { decodeVolumeCreate } from '../../api/decode/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';

/** Named and anonymous volumes. */
export function volumeRoutes({ volumes }: Backends): Route[] {
  return [
    ['GET', '/volumes', (request) => sendJson(request, 200, volumes.list(request.query.filters()))],
    ['GET', '/volumes/{name}', (request) => sendJson(request, 200, volumes.inspect(request.name))],
    [
      'POST',
      '/volumes/create',
      async (request) => {
        const body = decodeVolumeCreate(await readJsonBody(request));
        if (body.ClusterVolumeSpec !== undefined) {
          throw new EngineError(
            'unavailable',
            'volume options are incompatible with type, cluster volumes need a swarm',
          );
        }
        const volume = await volumes.create({
          ...(body.Name ? { name: body.Name } : {}),
          ...(body.Driver ? { driver: body.Driver } : {}),
          ...(body.DriverOpts ? { options: body.DriverOpts } : {}),
          ...(body.Labels ? { labels: body.Labels } : {}),
        });
        await sendJson(request, 201, volume);
      },
    ],
    [
      'DELETE',
      '/volumes/{name}',
      async ({ name, query, reply }) => {
        await volumes.remove(name, { force: query.flag('force') });
        await reply.empty(204);
      },
    ],
  ];
}
