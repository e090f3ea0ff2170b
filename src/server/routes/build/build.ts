import type { BuildRequest, Builds, ReceivedFiles } from '../../../build/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { Backends, Events } from '../../contract.ts';
import { describeError } from '../../errors.ts';
import { type Handler, type Request, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';
import { createClassic } from './classic.ts';
import { directBuild } from './direct.ts';
import { readDockerfile } from './dockerfile.ts';
import { optionsOf } from './options.ts';

/** Building as Docker's classic builder is asked for it, and what its cache holds. */
export function buildRoutes({ builds, system }: Backends): Route[] {
  return [
    ['POST', '/build/prune', pruneHandler(builds, system.events)],
    ['POST', '/build/cancel', cancelHandler],
    ['POST', '/build', buildHandler(builds)],
    ['POST', '/tug/build', directBuild(builds)],
  ];
}

function buildHandler(builds: Builds): Handler {
  return async (request) => {
    const options = optionsOf(request);
    const files = await contextOf(builds, request);
    try {
      const dockerfile = readDockerfile(files, request.query.text('dockerfile'));
      await answer(builds, request, { ...options, dockerfile, context: async () => files });
    } finally {
      files.close();
    }
  };
}

function contextOf(builds: Builds, { query, body, gone }: Request): Promise<ReceivedFiles> {
  const remote = query.text('remote');
  if (remote === 'client-session') throw new EngineError('unsupported', 'this engine has no build sessions');
  return remote === '' ? builds.receive(body, gone) : builds.fetch(remote, { signal: gone });
}

type Wanted = Omit<BuildRequest, 'onStatus' | 'onPlan'>;

/** Says how it goes on the stream. What is wrong before the first step becomes the status. */
async function answer(builds: Builds, request: Request, wanted: Wanted): Promise<void> {
  const quiet = request.query.flag('q');
  const lines = createLines(request);
  const classic = createClassic((message) => void (quiet || lines.write(message)));
  try {
    const outcome = await builds.build({ ...wanted, onStatus: classic.status, onPlan: classic.plan });
    classic.end(outcome);
    if (quiet) lines.write({ stream: `${outcome.id ?? ''}\n` });
  } catch (error) {
    if (!lines.begun && error instanceof EngineError && !classic.planned) throw error;
    lines.write(classic.failure(error) ?? failure(error));
  }
  await lines.end();
}

function failure(error: unknown): object {
  const { message } = describeError(error);
  return { errorDetail: { message }, error: message };
}

/** JSON messages, one a line; the head goes out with the first. */
function createLines({ reply }: Request) {
  let sink: ReturnType<typeof reply.stream> | undefined;
  let last: Promise<void> = Promise.resolve();
  return {
    get begun() {
      return sink !== undefined;
    },
    write(message: object): void {
      sink ??= reply.stream(200, { 'Content-Type': 'application/json' });
      const to = sink;
      last = last.then(async () => (await to).write(`${JSON.stringify(message)}\r\n`));
    },
    async end(): Promise<void> {
      await last;
      await (await sink)?.end();
    },
  };
}

function pruneHandler(builds: Builds, events: Events): Handler {
  return async (request) => {
    const { query } = request;
    const limits = {
      keepStorage: query.integer('keep-storage') ?? query.integer('reserved-space'),
      maxUsed: query.integer('max-used-space'),
      minFree: query.integer('min-free-space'),
    };
    const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
    const { CachesDeleted, SpaceReclaimed } = await builds.prune({
      all: query.flag('all'),
      filters: query.filters(),
      ...given,
    });
    events.tell('builder', 'prune', { ID: '', Attributes: { reclaimed: String(SpaceReclaimed) } });
    await sendJson(request, 200, { CachesDeleted: CachesDeleted.length > 0 ? CachesDeleted : null, SpaceReclaimed });
  };
}

/** Classic builds end with their connection; there is nothing to cancel by a name. */
const cancelHandler: Handler = async ({ query, reply }) => {
  if (query.text('id') === '') throw new EngineError('invalid', 'build ID not provided');
  await reply.empty(200);
};
