import { parseReference } from '../../oci/index.ts';
import type { AuthEntry } from './data.ts';
import type { Config } from './file.ts';

/** A login at a registry as the engine takes it. */
export interface AuthConfig {
  username?: string;
  password?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** The name under which logins at docker.io are kept. */
export const defaultRegistry = 'https://index.docker.io/v1/';

/** The host of a registry's address, without scheme and path. */
export function registryHost(address: string): string {
  return address.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}

/** The name under which logins for an image's registry are kept. */
export function registryOf(image: string): string {
  const { domain } = parseReference(image);
  return domain === 'docker.io' || domain === 'index.docker.io' ? defaultRegistry : domain;
}

/** The login for a registry: from its helper, from the store, or from config.json; empty where there is none. */
export async function findLogin(config: Config, registry: string): Promise<AuthConfig> {
  const helper = helperFor(config, registry);
  if (helper) return askHelper(helper, registry);
  const auths = config.data.auths ?? {};
  const exact = auths[registry];
  if (exact) return decodeEntry(registry, exact);
  const alike = Object.entries(auths).find(([name]) => registryHost(name) === registryHost(registry));
  return alike ? decodeEntry(alike[0], alike[1]) : {};
}

/** The same for a request that may do without: a helper that fails has none. */
export async function loginIfAny(config: Config, registry: string): Promise<AuthConfig> {
  return findLogin(config, registry).catch((): AuthConfig => ({}));
}

/** Every login there is, by registry, as a build takes them. */
export async function allLogins(config: Config): Promise<Record<string, AuthConfig>> {
  const logins: Record<string, AuthConfig> = {};
  for (const [name, entry] of Object.entries(config.data.auths ?? {})) logins[name] = decodeEntry(name, entry);
  const { credsStore } = config.data;
  if (credsStore) {
    const listed = JSON.parse(await runHelper(credsStore, 'list', '')) as Record<string, string>;
    for (const name of Object.keys(listed)) logins[name] = await askHelper(credsStore, name);
  }
  for (const [name, helper] of Object.entries(config.data.credHelpers ?? {})) {
    logins[name] = await askHelper(helper, name);
  }
  return logins;
}

/** Keeps a login where its registry's logins are kept; true when that is config.json itself, in plain text. */
export async function keepLogin(config: Config, login: AuthConfig & { serveraddress: string }): Promise<boolean> {
  const helper = helperFor(config, login.serveraddress);
  const { serveraddress, username = '', password = '', identitytoken } = login;
  const auths = { ...config.data.auths };
  if (helper) {
    const secret = identitytoken ?? password;
    const words = { ServerURL: serveraddress, Username: identitytoken ? '<token>' : username, Secret: secret };
    await runHelper(helper, 'store', JSON.stringify(words));
    // The file says that there is a login, not which.
    auths[serveraddress] = {};
  } else {
    auths[serveraddress] = {
      auth: Buffer.from(`${username}:${identitytoken ? '' : password}`).toString('base64'),
      ...(identitytoken ? { identitytoken } : {}),
    };
  }
  config.data.auths = auths;
  await config.save();
  return !helper;
}

/** Forgets the login at a registry; what a helper says to it is nobody's business, it may have none. */
export async function dropLogin(config: Config, registry: string): Promise<void> {
  const helper = helperFor(config, registry);
  if (helper) await runHelper(helper, 'erase', registry).catch(() => '');
  const { [registry]: dropped, ...auths } = config.data.auths ?? {};
  if (!dropped) return;
  config.data.auths = auths;
  await config.save();
}

/** A login as a request's header carries it. */
export function authHeader(login: AuthConfig): string {
  return Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function helperFor({ data }: Config, registry: string): string | undefined {
  return data.credHelpers?.[registry] || data.credsStore || undefined;
}

function decodeEntry(registry: string, { auth, identitytoken, registrytoken }: AuthEntry): AuthConfig {
  const words = Buffer.from(auth ?? '', 'base64').toString();
  const colon = words.indexOf(':');
  if (auth && colon < 0) throw new Error('Invalid auth configuration file');
  return {
    ...(auth ? { username: words.slice(0, colon), password: words.slice(colon + 1).replace(/\0+$/, '') } : {}),
    serveraddress: registry,
    ...(identitytoken ? { identitytoken } : {}),
    ...(registrytoken ? { registrytoken } : {}),
  };
}

async function askHelper(helper: string, registry: string): Promise<AuthConfig> {
  let text: string;
  try {
    text = await runHelper(helper, 'get', registry);
  } catch (error) {
    if ((error as Error).message.includes('credentials not found in native keychain')) return {};
    throw error;
  }
  const { Username = '', Secret = '' } = JSON.parse(text) as { Username?: string; Secret?: string };
  if (Username === '<token>') return { serveraddress: registry, identitytoken: Secret };
  return { username: Username, password: Secret, serveraddress: registry };
}

const doing: Record<string, string> = { get: 'getting', list: 'listing', store: 'storing', erase: 'erasing' };

async function runHelper(helper: string, action: string, input: string): Promise<string> {
  const failed = `error ${doing[action]} credentials - err`;
  const program = `docker-credential-${helper}`;
  let child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>;
  try {
    child = Bun.spawn([program, action], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  } catch (error) {
    const reason = `exec: ${JSON.stringify(program)}: executable file not found in $PATH`;
    throw new Error(`${failed}: ${reason}, out: \`\``, { cause: error });
  }
  child.stdin.write(input);
  await child.stdin.end();
  const text = await new Response(child.stdout).text();
  const code = await child.exited;
  if (code !== 0) throw new Error(`${failed}: exit status ${code}, out: \`${text.trim()}\``);
  return text;
}
