import type { BuildSessionRequest } from '../../../api/index.ts';
import { BuildFailure, type BuildRequest, type Builds, type Files, type Output } from '../../../build/index.ts';
import { EngineError, messageOf } from '../../../kit/index.ts';
import { familiarString, parsePlatform, parseReference, withDefaultTag } from '../../../oci/index.ts';
import type { Handler } from '../../request.ts';
import { hijackHead } from '../attach.ts';
import { createSession, type Session } from './session.ts';

/** `POST /tug/build`: a build as tug's own command line asks for it, see api/build-session.ts. */
export function directBuild(builds: Builds): Handler {
  return async (request) => {
    if (!request.head.headers.has('upgrade')) throw new EngineError('invalid', 'no upgrade proto in request');
    const stream = await request.reply.hijack(hijackHead(request, true));
    const session = createSession(stream, builds);
    const opened: Files[] = [];
    try {
      const wanted = await session.request();
      const { id, names, metadata, findings, failure } = await builds.build(requestOf(session, wanted, opened));
      session.end({
        done: {
          ...(id !== undefined && { id }),
          names,
          metadata,
          ...(findings !== '' && { warnings: findings }),
          ...(failure && { failure: { message: failure.message, text: failure.shown } }),
        },
      });
    } catch (error) {
      const shown = error instanceof BuildFailure ? error.shown : '';
      session.end({ error: { message: messageOf(error), ...(shown !== '' && { text: shown }) } });
    } finally {
      for (const files of opened) files.close();
    }
  };
}

function requestOf(session: Session, wanted: BuildSessionRequest, opened: Files[]): BuildRequest {
  if (wanted.ssh.length > 0) throw new EngineError('unsupported', 'agents cannot be forwarded yet: --ssh');
  const { context, platform, target } = wanted;
  return {
    dockerfile: { name: wanted.dockerfile.name, bytes: Buffer.from(wanted.dockerfile.data, 'base64') },
    context: once(() => filesOf(session, 'context', context?.key, opened)),
    contexts: new Map(
      Object.entries(wanted.contexts).map(([name, given]) => [
        name,
        'image' in given ? given : { files: once(() => filesOf(session, name, given.key, opened)) },
      ]),
    ),
    ...(context?.ignored && { ignored: context.ignored }),
    names: wanted.names.map((name) => familiarString(withDefaultTag(parseReference(name)))),
    ...(target !== undefined && { target }),
    ...(platform !== undefined && { platform: parsePlatform(platform) }),
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
    ssh: new Map(),
    cacheFrom: wanted.cacheFrom,
    cacheTo: wanted.cacheTo,
    cacheImages: [],
    outputs: wanted.outputs.map((attributes, index) => outputOf(session, attributes, index)),
    squash: wanted.squash,
    checkOnly: wanted.check,
    credentials: (registry) => wanted.logins[registry],
    onStatus: (status) => session.tell({ status }),
    ...(wanted.explain && { onExplain: (step: string, reason: string) => session.tell({ explain: { step, reason } }) }),
    signal: session.gone,
  };
}

async function filesOf(session: Session, name: string, key: string | undefined, opened: Files[]): Promise<Files> {
  if (key === undefined) throw new EngineError('invalid', 'there is no build context');
  const files = await session.files(name, key);
  opened.push(files);
  return files;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= work());
}

const types = ['image', 'local', 'tar', 'oci', 'docker'] as const;

function outputOf(session: Session, attributes: Record<string, string>, index: number): Output {
  const { type: asked = '', ...rest } = attributes;
  const type = asked === 'registry' ? 'image' : types.find((one) => one === asked);
  if (!type) throw new EngineError('invalid', `exporter ${JSON.stringify(asked)} could not be found`);
  const write = (bytes: AsyncIterable<Uint8Array>) =>
    session.send((channel) => ({ output: { index, channel } }), bytes);
  const toClient = rest.dest !== undefined;
  return {
    type,
    attributes: asked === 'registry' ? { ...rest, push: 'true' } : rest,
    ...(toClient && { write }),
  };
}
