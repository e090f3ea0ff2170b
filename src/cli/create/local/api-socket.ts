import type { Mount } from '../../../api/index.ts';
import { plainTarHead, tarEnd, tarPadding } from '../../../oci/index.ts';
import type { Context } from '../../command.ts';
import { allLogins } from '../../config/credentials.ts';
import type { CreateRequest } from '../request.ts';

const directory = '/run/secrets/docker';

/**
 * `--use-api-socket`: the container gets the engine's socket where clients look for it, and this user's logins. Completes
 * the request; the returned call brings the logins in when the container is made.
 */
export async function shareSocket(
  { client, config }: Pick<Context, 'client' | 'config'>,
  request: CreateRequest,
): Promise<(id: string) => Promise<void>> {
  if (!client.host.startsWith('unix://')) {
    const incompatible = `docker endpoint ${client.host} incompatible`;
    throw new Error(`flag --use-api-socket can only be used with unix sockets: ${incompatible}`);
  }
  const source = client.host.slice('unix://'.length);
  const mount = { Type: 'bind', Source: source, Target: '/var/run/docker.sock', BindOptions: {} } as Mount;
  Object.assign(request.HostConfig, { Mounts: [...(request.HostConfig.Mounts ?? []), mount] });
  // Who says where the configuration is brings it along.
  if (request.Env?.some((word) => word.startsWith('DOCKER_CONFIG='))) return () => Promise.resolve();
  const auths = entries(await allLogins(config));
  if (Object.keys(auths).length === 0) return () => Promise.resolve();
  Object.assign(request, { Env: [...(request.Env ?? []), `DOCKER_CONFIG=${directory}`] });
  return async (id) => {
    const text = JSON.stringify({ auths }, null, '\t');
    await client.send({
      method: 'PUT',
      path: `/containers/${id}/archive`,
      query: { path: '/' },
      upload: archive(`${directory.slice(1)}/config.json`, Buffer.from(text)),
    });
  };
}

function entries(logins: Awaited<ReturnType<typeof allLogins>>): Record<string, object> {
  const shaped = Object.entries(logins).map(([registry, { username = '', password = '', identitytoken }]) => [
    registry,
    {
      ...(username || password ? { auth: Buffer.from(`${username}:${password}`).toString('base64') } : {}),
      ...(identitytoken ? { identitytoken } : {}),
    },
  ]);
  return Object.fromEntries(shaped);
}

async function* archive(name: string, data: Buffer): AsyncGenerator<Uint8Array> {
  yield plainTarHead({ name, size: data.length, mode: 0o600, seconds: Math.floor(Date.now() / 1000) });
  yield data;
  yield new Uint8Array(tarPadding(data.length));
  yield tarEnd;
}
