import { decodeContainerCreate, decodeSecrets, type SecretBody } from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import type { Containers, Secret } from '../../container/index.ts';
import { EngineError } from '../../kit/index.ts';
import { formatPlatform, parsePlatform } from '../../oci/index.ts';
import type { Backends } from '../contract.ts';
import { terminalSize } from '../query.ts';
import { type Handler, type Request, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';
import { shapeContainer, shapeSummary } from '../versions/container.ts';
import { adaptCreate } from '../versions/create.ts';
import { attachHandler, attachSocketHandler } from './attach.ts';
import { checkpointRoutes } from './container/checkpoints.ts';
import { fileRoutes } from './container/files.ts';
import { lifeRoutes } from './container/life.ts';
import { liveRoutes } from './container/live.ts';
import { snapshotRoutes } from './container/snapshots.ts';
import { logsHandler } from './logs.ts';
import { waitHandler } from './wait.ts';

/** Everything under /containers but exec. */
export function containerRoutes(backends: Backends): Route[] {
  const { containers } = backends;
  return [
    ['GET', '/containers/json', listHandler(backends)],
    ['GET', '/containers/{name}/json', inspectHandler(backends)],
    ['GET', '/containers/{name}/logs', logsHandler(containers)],
    ['POST', '/containers/create', createHandler(backends)],
    ['POST', '/containers/{name}/start', startHandler(backends)],
    ['POST', '/containers/{name}/stop', done(204, (request) => containers.stop(request.name, stopOptions(request)))],
    [
      'POST',
      '/containers/{name}/restart',
      done(204, (request) => containers.restart(request.name, stopOptions(request))),
    ],
    [
      'POST',
      '/containers/{name}/kill',
      done(204, ({ name, query }) =>
        containers.kill(name, query.has('signal') ? { signal: query.text('signal') } : {}),
      ),
    ],
    ['POST', '/containers/{name}/wait', waitHandler(containers)],
    ['POST', '/containers/{name}/resize', done(200, ({ name, query }) => containers.resize(name, terminalSize(query)))],
    ['POST', '/containers/{name}/attach', attachHandler(containers)],
    ['GET', '/containers/{name}/attach/ws', attachSocketHandler(containers)],
    ...lifeRoutes(containers),
    ...snapshotRoutes(containers),
    ...checkpointRoutes(backends),
    ...liveRoutes(containers),
    ...fileRoutes(containers),
    [
      'DELETE',
      '/containers/{name}',
      done(204, ({ name, query }) =>
        containers.remove(name, { force: query.flag('force'), volumes: query.flag('v'), link: query.flag('link') }),
      ),
    ],
  ];
}

/** Acts, and then answers with that status and no body. */
function done(status: number, act: (request: Request) => Promise<void>): Handler {
  return async (request) => {
    await act(request);
    await request.reply.empty(status);
  };
}

function stopOptions({ query, version }: Request): { signal?: string; timeout?: number } {
  const timeout = query.integer('t');
  const signal = olderThan(version, '1.42') ? '' : query.text('signal');
  return { ...(signal === '' ? {} : { signal }), ...(timeout === undefined ? {} : { timeout }) };
}

function listHandler({ containers }: Backends): Handler {
  return async (request) => {
    const { query, version } = request;
    const limit = query.integer('limit');
    const found = await containers.list({
      all: query.flag('all'),
      size: query.flag('size'),
      filters: query.filters(),
      ...(limit === undefined ? {} : { limit }),
    });
    await sendJson(
      request,
      200,
      found.map((summary) => shapeSummary(summary, version)),
    );
  };
}

function inspectHandler({ containers }: Backends): Handler {
  return async (request) => {
    const found = await containers.inspect(request.name, { size: request.query.flag('size') });
    await sendJson(request, 200, shapeContainer(found, request.version));
  };
}

function createHandler({ containers }: Backends): Handler {
  return async (request) => {
    const { wanted, warnings } = await readCreateRequest(request);
    const created = await containers.create(wanted);
    await sendJson(request, 201, { ...created, Warnings: [...(created.Warnings ?? []), ...warnings] });
  };
}

/** What a request to create a container asks for, and what its API version has to say of it. */
export interface Creation {
  wanted: Parameters<Containers['create']>[0];
  warnings: string[];
}

export async function readCreateRequest(request: Request): Promise<Creation> {
  const { query, version } = request;
  return readCreation(await readJsonBody(request), {
    name: query.text('name'),
    platform: olderThan(version, '1.41') ? '' : query.text('platform'),
    version,
  });
}

/** The same of a body and what comes with it; '' stands for a name, or a platform, of the engine's choice. */
export function readCreation(
  text: string,
  { name, platform, version }: { name: string; platform: string; version: string },
): Creation {
  const body = decodeContainerCreate(text);
  const secrets = decodeSecrets(text).map(secretOf);
  const { HostConfig: _, NetworkingConfig: __, ...config } = body;
  if (Object.keys(config).length === 0) {
    throw new EngineError('invalid', 'config cannot be empty in order to create a container');
  }
  const { warnings, readOnlyNonRecursive } = adaptCreate(body, version);
  const wanted = {
    body,
    readOnlyNonRecursive,
    ...(secrets.length > 0 && { secrets }),
    ...(name === '' ? {} : { name }),
    ...(platform === '' ? {} : { platform: formatPlatform(parsePlatform(platform)) }),
  };
  return { wanted, warnings };
}

function secretOf({
  ID: id = '',
  Data: data = '',
  Target: target,
  UID: uid,
  GID: gid,
  Mode: mode,
}: SecretBody): Secret {
  return {
    id,
    data,
    ...(target && { target }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(mode !== undefined && { mode }),
  };
}

function startHandler({ containers, system }: Backends): Handler {
  return async (request) => {
    // A HostConfig in the body is what a client of 2016 would send; `{}` and less is let pass.
    if ((request.body.length ?? Number.POSITIVE_INFINITY) > 7) {
      const history = 'was deprecated since API v1.22 and removed in v1.24';
      throw new EngineError('invalid', `starting container with non-empty request body ${history}`);
    }
    const name = request.query.text('checkpoint');
    if (name !== '' && !system.isExperimental()) {
      throw new EngineError('invalid', 'checkpoint is only supported in experimental mode');
    }
    const directory = request.query.text('checkpoint-dir');
    await containers.start(request.name, name === '' ? undefined : { name, directory });
    await request.reply.empty(204);
  };
}
