import type { BuildSessionRequest } from '../../../api/index.ts';
import { BuildFailure, type BuildRequest, type Builds, type Files } from '../../../build/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { familiarString, parsePlatform, parseReference, withDefaultTag } from '../../../oci/index.ts';
import type { Handler } from '../../request.ts';
import { hijackHead } from '../attach.ts';
import { createSession, type Session } from './session.ts';
import { createWays, type Ways } from './ways.ts';

/** `POST /tug/build`: a build as tug's own command line asks for it, see api/build-session.ts. */
export function directBuild(builds: Builds): Handler {
  return async (request) => {
    if (!request.head.headers.has('upgrade')) throw new EngineError('invalid', 'no upgrade proto in request');
    const stream = await request.reply.hijack(hijackHead(request, true));
    const session = createSession(stream, builds);
    const opened: Pick<Files, 'close'>[] = [];
    let begun = false;
    try {
      const wanted = await session.request();
      const named = namedIn(wanted);
      begun = true;
      const ways = await createWays({ builds, session, wanted, opened });
      const asked = await requestOf(session, wanted, ways);
      const { id, names, metadata, findings, failure, told } = await builds.build({ ...asked, ...named });
      session.end({
        done: {
          ...(id !== undefined && { id }),
          names,
          metadata,
          ...(findings !== '' && { warnings: findings }),
          ...(failure && { failure: { message: failure.message, text: failure.shown } }),
          ...(told && { told }),
        },
      });
    } catch (error) {
      const shown = error instanceof BuildFailure ? error.shown : '';
      const early = !begun && error instanceof EngineError && error.kind === 'invalid';
      session.end({
        error: { message: messageOf(error), ...(shown !== '' && { text: shown }), ...(early && { early }) },
      });
    } finally {
      for (const files of opened) files.close();
    }
  };
}

type Named = Pick<BuildRequest, 'names' | 'platforms'>;

/** What can be wrong before anything has begun. */
const namedIn = ({ names, platforms }: BuildSessionRequest): Named => ({
  names: names.map(nameOf),
  platforms: platforms.map((platform) => parsePlatform(platform)),
});

async function requestOf(
  session: Session,
  wanted: BuildSessionRequest,
  ways: Ways,
): Promise<Omit<BuildRequest, keyof Named>> {
  const { context, target, call } = wanted;
  return {
    dockerfile: await ways.dockerfile(),
    context: ways.context,
    contexts: ways.contexts,
    ...(context && 'ignored' in context && context.ignored && { ignored: context.ignored }),
    ...(target !== undefined && { target }),
    buildArgs: new Map(Object.entries(wanted.buildArgs)),
    labels: new Map(Object.entries(wanted.labels)),
    noCache: wanted.noCache,
    pull: wanted.pull,
    run: {
      network: wanted.network || 'default',
      extraHosts: wanted.extraHosts,
      limits: wanted.limits,
      insecure: wanted.allow.includes('security.insecure'),
    },
    secret: async (id) => (wanted.secrets.includes(id) ? session.secret(id) : undefined),
    ssh: ways.ssh,
    cacheFrom: ways.cacheFrom,
    cacheTo: ways.cacheTo,
    cacheImages: [],
    outputs: ways.outputs,
    squash: wanted.squash,
    ...(call !== 'build' && { call }),
    credentials: (registry) => wanted.logins[registry],
    onStatus: (status) => session.tell({ status }),
    ...(wanted.explain && { onExplain: (step: string, reason: string) => session.tell({ explain: { step, reason } }) }),
    signal: session.gone,
  };
}

function nameOf(name: string): string {
  try {
    return familiarString(withDefaultTag(parseReference(name)));
  } catch (error) {
    throw new EngineError('invalid', `invalid tag ${JSON.stringify(name)}: ${messageOf(error)}`, error);
  }
}
