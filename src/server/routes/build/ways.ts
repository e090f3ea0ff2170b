import type { BuildSessionRequest, SessionList, SessionNamed } from '../../../api/index.ts';
import type { BuildRequest, Builds, Files, NamedContext, Output, ReceivedFiles } from '../../../build/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { readDockerfile } from './dockerfile.ts';
import type { Session } from './session.ts';

/** What goes in and out of a build over a client's connection: files, agents, caches, outputs. */
export interface Ways extends Pick<BuildRequest, 'context' | 'contexts' | 'ssh' | 'cacheFrom' | 'cacheTo' | 'outputs'> {
  dockerfile(): Promise<BuildRequest['dockerfile']>;
}

interface Making {
  builds: Builds;
  session: Session;
  wanted: BuildSessionRequest;
  /** Is closed after the build. */
  opened: Pick<Files, 'close'>[];
}

export async function createWays(making: Making): Promise<Ways> {
  const { session, wanted } = making;
  const ssh = await agentsOf(making);
  const remote = remotes(making, ssh);
  const files = mainFiles(making, remote);
  return {
    ssh,
    context: files,
    contexts: new Map(
      Object.entries(wanted.contexts).map(([name, given]) => [name, namedOf(making, { name, given, remote })]),
    ),
    async dockerfile() {
      const { context, dockerfile } = wanted;
      const { name, data } = dockerfile;
      if (data !== undefined) return { name, bytes: Buffer.from(data, 'base64') };
      if (!context || !('remote' in context)) throw new EngineError('invalid', 'there is no Dockerfile');
      return readDockerfile((await files()) as ReceivedFiles, name);
    },
    cacheFrom: wanted.cacheFrom.map((attributes, index) => ({
      attributes,
      ...(attributes.type === 'local' && { directory: once(() => session.directory(`cache-from:${index}`)) }),
    })),
    cacheTo: wanted.cacheTo.map((attributes, index) => ({
      attributes,
      ...(attributes.type === 'local' && {
        write: (bytes) => session.send((channel) => ({ cache: { index, channel } }), bytes),
      }),
    })),
    outputs: wanted.outputs.map((attributes, index) => outputOf(session, attributes, index)),
  };
}

type Fetch = (remote: string) => Promise<ReceivedFiles>;

/** A remote that is named twice is fetched once. */
function remotes({ builds, session, opened }: Making, ssh: ReadonlyMap<string, string>): Fetch {
  const known = new Map<string, Promise<ReceivedFiles>>();
  return (remote) => {
    const under = known.get(remote);
    if (under) return under;
    const work = builds.fetch(remote, { signal: session.gone, ssh }).then((files) => {
      opened.push(files);
      return files;
    });
    known.set(remote, work);
    return work;
  };
}

/** Asked for once, with what is wanted of it then. */
function mainFiles({ session, wanted, opened }: Making, remote: Fetch): BuildRequest['context'] {
  const { context, target = '' } = wanted;
  let files: Promise<Files> | undefined;
  return async (paths) => {
    if (!context) throw new EngineError('invalid', 'there is no build context');
    if ('remote' in context) return remote(context.remote);
    // Builds that take different parts of a directory would take turns in what is kept of it.
    const key = paths && context.partKey !== undefined ? JSON.stringify([context.partKey, target]) : context.key;
    files ??= clientFiles({ session, opened }, { context: 'context', ...(paths && { paths }) }, key);
    return files;
  };
}

async function clientFiles(
  { session, opened }: Pick<Making, 'session' | 'opened'>,
  list: SessionList,
  key: string,
): Promise<Files> {
  const files = await session.files(list, key);
  opened.push(files);
  return files;
}

function namedOf(
  making: Making,
  { name, given, remote }: { name: string; given: SessionNamed; remote: Fetch },
): NamedContext {
  if ('image' in given) return given;
  if ('remote' in given) return { files: once(() => remote(given.remote)) };
  if ('layout' in given) {
    return { layout: given.layout, directory: once(() => making.session.directory(`layout:${name}`)) };
  }
  return { files: once(() => clientFiles(making, { context: name }, given.key)) };
}

/** Sockets here that lead to the client's agents. */
async function agentsOf({ builds, session, wanted, opened }: Making): Promise<Map<string, string>> {
  const agents = new Map<string, string>();
  for (const id of wanted.ssh) {
    const { path, close } = await builds.listen((connection) => session.agent(id, connection));
    opened.push({ close });
    agents.set(id, path);
  }
  return agents;
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
