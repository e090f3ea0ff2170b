import { createClient } from '../../client/index.ts';
import type { Context } from '../command.ts';
import type { SwarmState } from '../help.ts';
import { resolveEndpoint } from './resolve.ts';

/** What the engine says of its node in a swarm; nothing when it does not answer within two seconds. It is not started for this. */
export async function swarmState({ globals, env, config }: Context): Promise<SwarmState> {
  const patience = Bun.sleep(2000).then(() => undefined);
  const asked = ask({ globals, env, config }).catch(() => undefined);
  return Promise.race([asked, patience]);
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
