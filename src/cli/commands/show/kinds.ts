import type { SystemInfo } from '../../../api/index.ts';
import { ApiError, type Client, type Query } from '../../../client/index.ts';
import type { Found } from './inspect-all.ts';
import type { Kind } from './kind.ts';
import { shapes } from './shapes.ts';

const word = (name: string) => encodeURIComponent(name);

/** Where each kind is looked for; a name without a kind is looked for in this order. */
const paths: Record<Kind, (name: string) => string> = {
  container: (name) => `/containers/${word(name)}/json`,
  image: (name) => `/images/${word(name).replaceAll('%2F', '/')}/json`,
  network: (name) => `/networks/${word(name)}`,
  volume: (name) => `/volumes/${word(name)}`,
  service: (name) => `/services/${word(name)}?insertDefaults=true`,
  task: (name) => `/tasks/${word(name)}`,
  node: (name) => `/nodes/${word(name)}`,
  plugin: (name) => `/plugins/${word(name)}/json`,
  secret: (name) => `/secrets/${word(name)}`,
  config: (name) => `/configs/${word(name)}`,
};

const swarmKinds = new Set<Kind>(['service', 'task', 'node', 'secret', 'config']);

/** Every kind, in the order they are tried. */
export const kinds = Object.keys(paths) as Kind[];

/** One thing as the engine's own JSON text. */
export async function fetchOne(client: Client, kind: Kind, name: string, query: Query): Promise<Found> {
  const text = await (await client.request({ method: 'GET', path: paths[kind](name), query })).text();
  return { text, shape: shapes[kind] };
}

/** A name may be anything's: the first kind that knows it answers. */
export async function fetchAny(client: Client, name: string, size: boolean): Promise<Found & { kind: Kind }> {
  let manages: boolean | undefined;
  for (const kind of kinds) {
    if (swarmKinds.has(kind)) {
      manages ??= await isManager(client);
      if (!manages) continue;
    }
    try {
      return { kind, ...(await fetchOne(client, kind, name, kind === 'container' ? { size } : {})) };
    } catch (error) {
      if (!(error instanceof ApiError) || !isAbsent(error)) throw error;
    }
  }
  throw new Error(`Error: No such object: ${name}`);
}

async function isManager(client: Client): Promise<boolean> {
  const { Swarm } = await client.json<SystemInfo>({ method: 'GET', path: '/info' });
  return Swarm?.ControlAvailable === true;
}

/** What is no valid name for one kind may be one for the next. */
function isAbsent({ status, message }: ApiError): boolean {
  return (
    status === 404 ||
    message.includes('not supported') ||
    message.includes('invalid reference format') ||
    message.startsWith('invalid')
  );
}
