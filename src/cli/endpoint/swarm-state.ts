import { createClient } from '../../client/index.ts';
import { within } from '../../kit/index.ts';
import type { Context } from '../command.ts';
import type { SwarmState } from '../help.ts';
import { resolveEndpoint } from './resolve.ts';

/** What the engine says of its node in a swarm; nothing when it does not answer within two seconds. It is not started for this. */
export async function swarmState({ globals, env, config }: Context): Promise<SwarmState> {
  const said = await within(
    2000,
    ask({ globals, env, config }).catch(() => undefined),
  );
  return said === 'late' ? undefined : said;
}

async function ask({ globals, env, config }: Pick<Context, 'globals' | 'env' | 'config'>): Promise<SwarmState> {
  const { host, tls } = await resolveEndpoint(globals, env, config);
  const client = createClient({ host, tls });
  const reply = await client.request({ method: 'HEAD', path: '/_ping' });
  client.close();
  const said = reply.headers.get('swarm');
  if (said === undefined) return undefined;
  if (said.endsWith('/manager')) return 'manager';
  return said === 'inactive' ? 'none' : 'member';
}
