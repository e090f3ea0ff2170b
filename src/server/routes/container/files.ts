import type { Containers, PathStat } from '../../../container/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { type Handler, type Request, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';

/** Files in and out of containers. */
export function fileRoutes(containers: Containers): Route[] {
  return [
    ['HEAD', '/containers/{name}/archive', statHandler(containers)],
    ['GET', '/containers/{name}/archive', readHandler(containers)],
    ['PUT', '/containers/{name}/archive', writeHandler(containers)],
    ['GET', '/containers/{name}/export', exportHandler(containers)],
    [
      'GET',
      '/containers/{name}/changes',
      async (request) => {
        const changes = await containers.changes(request.name);
        // Docker has null for none.
        await sendJson(request, 200, changes.length > 0 ? changes : null);
      },
    ],
  ];
}

function statHandler(containers: Containers): Handler {
  return async (request) => {
    const stat = await containers.statPath(request.name, pathOf(request));
    request.reply.set(statField(stat));
    await request.reply.empty(200);
  };
}

function readHandler(containers: Containers): Handler {
  return async (request) => {
    const { stat, archive } = await containers.readArchive(request.name, pathOf(request));
    await sendArchive(request, archive, { 'Content-Type': 'application/x-tar', ...statField(stat) });
  };
}

function writeHandler(containers: Containers): Handler {
  return async (request) => {
    const { query, name, body, reply } = request;
    await containers.writeArchive(name, {
      path: pathOf(request),
      archive: body,
      noOverwriteDirNonDir: query.flag('noOverwriteDirNonDir'),
      copyUIDGID: query.flag('copyUIDGID'),
    });
    await reply.empty(200);
  };
}

function exportHandler(containers: Containers): Handler {
  return async (request) => {
    const archive = await containers.exportRoot(request.name);
    await sendArchive(request, archive, { 'Content-Type': 'application/octet-stream' });
  };
}

/** The path that is asked about. */
export function pathOf({ query }: Request): string {
  const path = query.text('path');
  // Docker's words, the missing blank included.
  if (path === '') throw new EngineError('invalid', 'bad parameter: pathcannot be empty');
  return path;
}

/** The field that tells what is there. */
export function statField(stat: PathStat): Record<string, string> {
  return { 'X-Docker-Container-Path-Stat': Buffer.from(JSON.stringify(stat)).toString('base64') };
}

/** An archive as the answer; a client that leaves ends it. */
export async function sendArchive(
  request: Request,
  archive: AsyncIterable<Uint8Array>,
  fields: Record<string, string>,
): Promise<void> {
  const sink = await request.reply.stream(200, fields);
  for await (const bytes of archive) {
    await sink.write(bytes);
    if (request.gone.aborted) return;
  }
  await sink.end();
}
