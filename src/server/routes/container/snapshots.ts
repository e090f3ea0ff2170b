import { decodeSnapshotCreate } from '../../../api/decode/index.ts';
import type { Containers } from '../../../container/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { type Handler, readJsonBody, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** Snapshots of containers' files. Docker has no such things: the paths are the engine's own. */
export function snapshotRoutes(containers: Containers): Route[] {
  const create: Handler = async (request) => {
    const {
      Name: name = '',
      Comment: comment = '',
      Pause: pause = true,
    } = decodeSnapshotCreate(await readJsonBody(request));
    await sendJson(request, 201, await containers.createSnapshot(request.name, { name, comment, pause }));
  };
  const remove: Handler = async ({ name, query, reply }) => {
    await containers.removeSnapshot(name, wanted(query.text('snapshot')));
    await reply.empty(204);
  };
  const rollBack: Handler = async ({ name, query, reply }) => {
    await containers.rollBack(name, wanted(query.text('snapshot')));
    await reply.empty(204);
  };
  return [
    [
      'GET',
      '/tug/containers/{name}/snapshots',
      (request) => sendJson(request, 200, containers.listSnapshots(request.name)),
    ],
    ['POST', '/tug/containers/{name}/snapshots', create],
    ['DELETE', '/tug/containers/{name}/snapshots', remove],
    ['POST', '/tug/containers/{name}/rollback', rollBack],
  ];
}

function wanted(name: string): string {
  if (name === '') throw new EngineError('invalid', 'the name of a snapshot is required');
  return name;
}
