import type { ContainerSummary, ImageSummary, Network, VolumeListResponse } from '../../api/index.ts';
import { type Client, createClient } from '../../client/index.ts';
import type { Context } from '../command.ts';
import { resolveEndpoint } from '../endpoint/resolve.ts';

export type Thing = 'container' | 'running' | 'stopped' | 'image' | 'volume' | 'network' | 'context' | 'plugin';

/** The names of the things that are there now; none when the engine does not answer: it is not started for this. */
export async function namesOf(thing: Thing, context: Pick<Context, 'globals' | 'env' | 'config'>): Promise<string[]> {
  if (thing === 'context') {
    const { openContexts } = await import('../commands/context/open.ts');
    return (await openContexts(context).list()).map(({ Name }) => Name);
  }
  try {
    const { host, tls } = await resolveEndpoint(context.globals, context.env, context.config);
    const client = createClient({ host, tls, version: context.env.DOCKER_API_VERSION || undefined });
    const names = await ask(client, thing);
    client.close();
    return names;
  } catch {
    return [];
  }
}

async function ask(client: Client, thing: Exclude<Thing, 'context'>): Promise<string[]> {
  const get = <T>(path: string, query = {}) => client.json<T>({ method: 'GET', path, query });
  switch (thing) {
    case 'image':
      return (await get<ImageSummary[]>('/images/json')).flatMap(({ RepoTags }) => RepoTags ?? []);
    case 'volume':
      return ((await get<VolumeListResponse>('/volumes')).Volumes ?? []).map(({ Name }) => Name);
    case 'network':
      return (await get<Network[]>('/networks')).map(({ Name = '' }) => Name);
    case 'plugin':
      return (await get<{ Name: string }[]>('/plugins')).map(({ Name }) => Name);
    default: {
      const containers = await get<ContainerSummary[]>('/containers/json', { all: thing !== 'running' });
      return containers
        .filter(({ State }) => thing !== 'stopped' || State === 'exited' || State === 'created')
        .map(({ Names }) => (Names?.[0] ?? '').replace(/^\//, ''));
    }
  }
}
