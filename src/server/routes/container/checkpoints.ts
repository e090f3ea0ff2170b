import { decodeCheckpointCreate } from '../../../api/decode/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { Backends } from '../../contract.ts';
import { type Handler, readJsonBody, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** Checkpoints, of which only an engine in experimental mode knows, as Docker's. */
export function checkpointRoutes({ containers, system }: Pick<Backends, 'containers' | 'system'>): Route[] {
  const experimental =
    (handler: Handler): Handler =>
    async (request) => {
      if (!system.isExperimental()) throw disabled();
      await handler(request);
    };
  const list: Handler = async (request) => {
    const directory = request.query.text('dir');
    await sendJson(request, 200, await containers.checkpoints(request.name, { directory }));
  };
  const create: Handler = async (request) => {
    const { CheckpointID = '', CheckpointDir = '', Exit = false } = decodeCheckpointCreate(await readJsonBody(request));
    await containers.createCheckpoint(request.name, { name: CheckpointID, directory: CheckpointDir, exit: Exit });
    await request.reply.empty(201);
  };
  const remove: Handler = async ({ name, head, query, reply }) => {
    const checkpoint = head.path.slice(head.path.lastIndexOf('/checkpoints/') + '/checkpoints/'.length);
    await containers.removeCheckpoint(name, { name: checkpoint, directory: query.text('dir') });
    await reply.empty(204);
  };
  return [
    ['GET', '/containers/{name}/checkpoints', experimental(list)],
    ['POST', '/containers/{name}/checkpoints', experimental(create)],
    ['DELETE', '/containers/{name}/checkpoints/{name}', experimental(remove)],
  ];
}

const disabled = (): EngineError =>
  new EngineError(
    'unsupported',
    'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.',
  );
