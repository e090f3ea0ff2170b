import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { EngineError } from '../../kit/index.ts';
import type { Access, RepositoryName } from '../contract.ts';
import { isIn } from '../http/proxy.ts';
import type { PrefixSettings, RegistrySettings } from '../settings.ts';

/** Where a registry may be reached. */
export interface Endpoint {
  /** Without a slash at the end. */
  url: string;
  /** Any certificate will do. */
  insecure: boolean;
  /** Not the registry that the name says. */
  mirror?: boolean;
  /** What stands before a repository's path there. */
  prefix?: string;
}

const hubHosts = ['docker.io', 'index.docker.io'];
const hub = 'https://registry-1.docker.io';

/** Where to log in, one after another. */
export async function loginEndpoints(serverAddress: string, settings: RegistrySettings): Promise<Endpoint[]> {
  const host = hostOf(serverAddress);
  return registryItself(host === '' ? 'docker.io' : host, await isInsecure(host, settings));
}

/** Where a repository is asked for, one after another; an EngineError where the configuration forbids it. */
export async function endpointsOf(
  name: RepositoryName,
  access: Access,
  settings: RegistrySettings,
): Promise<Endpoint[]> {
  const { domain, path } = name;
  const own = prefixOf(name, settings);
  if (own.blocked)
    throw new EngineError('forbidden', `registry ${domain} is blocked for ${domain}/${path} in the configuration`);
  const hubMirrors = domain === 'docker.io' ? settings.mirrors : [];
  const mirrors = access !== 'push' ? [...(own.mirrors ?? []), ...hubMirrors] : [];
  const insecure = own.insecure ?? (await isInsecure(domain, settings));
  return [...(await Promise.all(mirrors.map((url) => mirrorAt(url, settings)))), ...registryItself(domain, insecure)];
}

async function mirrorAt(address: string, settings: RegistrySettings): Promise<Endpoint> {
  const { origin, host, pathname } = new URL(address);
  const insecure = await isInsecure(host, settings);
  return { url: origin, insecure, mirror: true, prefix: pathname.replace(/^\/|\/$/g, '') };
}

function registryItself(host: string, insecure: boolean): Endpoint[] {
  if (hubHosts.includes(host)) return [{ url: hub, insecure: false }];
  if (!insecure) return [{ url: `https://${host}`, insecure }];
  return [
    { url: `https://${host}`, insecure },
    { url: `http://${host}`, insecure },
  ];
}

/** The settings of the longest prefix that the whole name of a repository has. */
function prefixOf({ domain, path }: RepositoryName, { prefixes }: RegistrySettings): PrefixSettings {
  const whole = `${domain}/${path}/`;
  const fitting = Object.keys(prefixes).filter((prefix) => whole.startsWith(`${prefix.replace(/\/+$/, '')}/`));
  const longest = fitting.toSorted((one, other) => other.length - one.length)[0];
  return longest === undefined ? {} : (prefixes[longest] ?? {});
}

/** Whether TLS is not insisted on: by configuration, or because the host is this machine. */
export async function isInsecure(host: string, settings: RegistrySettings): Promise<boolean> {
  if (host === '' || hubHosts.includes(host)) return false;
  const explicit = settings.prefixes[host]?.insecure;
  if (explicit !== undefined) return explicit;
  if (settings.insecure.includes(host)) return true;
  const name = host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  const networks = ['127.0.0.0/8', '::1/128', ...settings.insecure.filter((entry) => entry.includes('/'))];
  const addresses = isIP(name) > 0 ? [name] : await resolve(name);
  return addresses.some((address) => networks.some((network) => isIn(address, network)));
}

/** `host` or `host:port` of an address or URL. */
function hostOf(address: string): string {
  if (address === '') return '';
  const url = /^https?:\/\//.test(address) ? address : `https://${address}`;
  const host = /^https?:\/\/(?:[^@/?#]*@)?([^/?#]*)/.exec(url)?.[1] ?? '';
  const wrong = /[^-._~!$&'()*+,;=:[\]<>"%0-9A-Za-z\u0080-\uffff]/.exec(host)?.[0];
  const refuse = (why: string) =>
    new EngineError('invalid', `unable to parse server address: parse ${JSON.stringify(url)}: ${why}`);
  if (wrong !== undefined) throw refuse(`invalid character ${JSON.stringify(wrong)} in host name`);
  const port = /^(?:\[[^\]]*\]|[^:]*)(:.*)?$/.exec(host)?.[1] ?? '';
  if (!/^(:\d*)?$/.test(port)) throw refuse(`invalid port ${JSON.stringify(port)} after host`);
  return host;
}

/** None when the name cannot be resolved: that is said when the registry is asked. */
async function resolve(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
