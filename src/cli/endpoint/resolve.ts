import { defaultHost, type TlsMaterial } from '../../client/index.ts';
import type { Config } from '../config/file.ts';
import type { Globals } from '../globals.ts';
import { parseHostFlag } from './hosts.ts';

/** How to reach an engine. `isDefault` says that it is the one this machine starts by itself. */
export interface Endpoint {
  host: string;
  isDefault: boolean;
  tls?: TlsMaterial;
}

type Env = Record<string, string | undefined>;

/** The context that is meant: --context, `default` where a host is named, DOCKER_CONTEXT, what `context use` chose. */
export function contextName({ values }: Globals, env: Env, config: Config): string {
  if (values.context) return values.context;
  if (values.host.length > 0 || env.TUG_HOST || env.DOCKER_HOST) return 'default';
  return env.DOCKER_CONTEXT || config.data.currentContext || 'default';
}

/** Where the engine is; throws when the context is not there or the address is none. */
export async function resolveEndpoint(globals: Globals, env: Env, config: Config): Promise<Endpoint> {
  const name = contextName(globals, env, config);
  if (name === 'default') return defaultEndpoint(globals, env);
  const { createContextStore } = await import('./contexts.ts');
  const contexts = createContextStore(config.directory);
  const { Endpoints } = await contexts.get(name);
  const { docker } = Endpoints;
  if (!docker) throw new Error('cannot find docker endpoint in context');
  const files = (await contexts.tls(name)).docker ?? {};
  const text = (file: string) => files[file]?.toString() ?? '';
  const tls = { ca: text('ca.pem'), cert: text('cert.pem'), key: text('key.pem'), verify: !docker.SkipTLSVerify };
  const isSecure = Object.keys(files).length > 0 || docker.SkipTLSVerify === true;
  return { host: docker.Host || defaultHost, isDefault: !docker.Host, ...(isSecure ? { tls } : {}) };
}

/** What -H, TUG_HOST, DOCKER_HOST and the TLS options say, whatever the context. */
export async function defaultEndpoint(globals: Globals, env: Env): Promise<Endpoint> {
  const { values, program } = globals;
  if (values.host.length > 1) throw new Error('Specify only one -H');
  const named =
    values.context === 'default' ? env.TUG_HOST || env.DOCKER_HOST : values.host[0] || env.TUG_HOST || env.DOCKER_HOST;
  const tls = await tlsMaterial(globals, env);
  if (!named && tls) return { host: 'tcp://localhost:2376', isDefault: false, tls };
  const host = named ? parseHostFlag(named) : await usualHost(program);
  return { host, isDefault: host === defaultHost, ...(tls ? { tls } : {}) };
}

const dockerHost = 'unix:///var/run/docker.sock';

/** Called as `docker` the program speaks to Docker's socket; only where there is none, to tug's own, which it may start. */
async function usualHost(program: string): Promise<string> {
  if (program !== 'docker') return defaultHost;
  try {
    const unix = dockerHost.replace('unix://', '');
    (await Bun.connect({ unix, socket: { data: () => undefined } })).terminate();
    return dockerHost;
  } catch (error) {
    return (error as { code?: string }).code === 'ENOENT' ? defaultHost : dockerHost;
  }
}

async function tlsMaterial({ values, given }: Globals, env: Env): Promise<TlsMaterial | undefined> {
  const verify = given.has('tlsverify') ? values.tlsverify : Boolean(env.DOCKER_TLS_VERIFY);
  const wanted = values.tls || Boolean(env.DOCKER_TLS) || verify || given.has('tlsverify');
  if (!wanted) return undefined;
  const [ca, cert, key] = await Promise.all(
    (['tlscacert', 'tlscert', 'tlskey'] as const).map((name) =>
      readPem(values[name], name === 'tlscacert' || given.has(name)),
    ),
  );
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '', verify };
}

/** A file at its usual place may be missing; one that was named may not. */
async function readPem(path: string, isNamed: boolean): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    if (!isNamed && (error as { code?: string }).code === 'ENOENT') return '';
    throw new Error(`open ${path}: no such file or directory`, { cause: error });
  }
}
