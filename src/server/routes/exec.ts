import { decodeExecCreate, decodeExecStart } from '../../api/decode/index.ts';
import { apiVersion, olderThan } from '../../api/index.ts';
import type { AttachSession } from '../../container/index.ts';
import { asEngineError, EngineError } from '../../kit/index.ts';
import type { Backends } from '../contract.ts';
import { terminalSize } from '../query.ts';
import { type Handler, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';
import { hijack, hijackError, hijackHead } from './attach.ts';

/** Commands in a running container. */
export function execRoutes(backends: Backends): Route[] {
  const { containers } = backends;
  return [
    ['POST', '/containers/{name}/exec', createHandler(backends)],
    ['POST', '/exec/{name}/start', startHandler(backends)],
    [
      'POST',
      '/exec/{name}/resize',
      async ({ name, query, reply }) => {
        await containers.execResize(name, terminalSize(query));
        await reply.empty(200);
      },
    ],
    ['GET', '/exec/{name}/json', (request) => sendJson(request, 200, containers.execInspect(request.name))],
  ];
}

function createHandler({ containers }: Backends): Handler {
  return async (request) => {
    const config = decodeExecCreate(await readJsonBody(request));
    if ((config.Cmd ?? []).length === 0) throw new EngineError('invalid', 'No exec command specified');
    if (olderThan(request.version, '1.42')) delete config.ConsoleSize;
    await sendJson(request, 201, await containers.execCreate(request.name, config));
  };
}

function startHandler({ containers, system }: Backends): Handler {
  return async (request) => {
    const options = decodeExecStart(await readJsonBody(request));
    const detach = options.Detach ?? false;
    const tty = options.Tty ?? false;
    const [rows, columns] = olderThan(request.version, '1.42') ? [0, 0] : (options.ConsoleSize ?? [0, 0]);
    containers.execInspect(request.name); // Refuses an unknown one before the connection is taken over.
    const head = hijackHead(request, tty, {
      'Api-Version': apiVersion,
      'Docker-Experimental': String(system.isExperimental()),
      Ostype: 'linux',
      Server: system.server,
    });
    let session: AttachSession | undefined;
    try {
      session = await containers.execStart(request.name, {
        detach,
        tty,
        ...(tty && rows + columns > 0 ? { size: [rows, columns] } : {}),
      });
    } catch (error) {
      // A command that cannot be executed is told as output: clients then ask the exec for its exit code, 126 or 127.
      if (detach || ['notFound', 'conflict'].includes(asEngineError(error).kind)) throw error;
      return hijackError(request, tty, head, error);
    }
    if (session === undefined) return request.reply.empty(200);
    await hijack(request, session, head);
  };
}
