import { decodeVolumeCreate } from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { type Request, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';

/** Named and anonymous volumes. */
export function volumeRoutes({ volumes, system }: Backends): Route[] {
  return [
    ['GET', '/volumes', async (request) => sendJson(request, 200, await volumes.list(listFilters(request)))],
    ['GET', '/volumes/{name}', async (request) => sendJson(request, 200, await volumes.inspect(request.name))],
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
      'POST',
      '/volumes/prune',
      async (request) => {
        const filters = request.query.filters();
        // Before that version named volumes went as well.
        if (olderThan(request.version, '1.42')) {
          if (filters.all) throw new EngineError('invalid', "invalid filter 'all'");
          filters.all = ['true'];
        }
        const pruned = await volumes.prune(filters);
        system.events.tell('volume', 'prune', { ID: '', Attributes: { reclaimed: String(pruned.SpaceReclaimed) } });
        await sendJson(request, 200, pruned);
      },
    ],
    [
      'PUT',
      '/volumes/{name}',
      async () => {
        const words = 'volume update only valid for cluster volumes, but swarm is unavailable';
        throw new EngineError('unavailable', words);
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

function listFilters({ query }: Request): Record<string, string[]> {
  try {
    return query.filters();
  } catch (error) {
    throw new EngineError('invalid', `error reading volume filters: ${messageOf(error)}`, error);
  }
}
