import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { EngineError } from '../kit/index.ts';

/** Where a registry may be reached. */
export interface Endpoint {
  /** Without a slash at the end. */
  url: string;
  /** Any certificate will do. */
  insecure: boolean;
}

const hubHosts = ['docker.io', 'index.docker.io'];

/** The addresses that are tried one after another. */
export async function endpointsOf(serverAddress: string): Promise<Endpoint[]> {
  const host = hostOf(serverAddress);
  if (host === '' || hubHosts.includes(host)) return [{ url: 'https://registry-1.docker.io', insecure: false }];
  if (!(await isLoopback(host))) return [{ url: `https://${host}`, insecure: false }];
  return [
    { url: `https://${host}`, insecure: true },
    { url: `http://${host}`, insecure: true },
  ];
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

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

async function isLoopback(host: string): Promise<boolean> {
  const name = host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  const addresses = isIP(name) > 0 ? [name] : await resolve(name);
  return addresses.some((address) => loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}

/** None when the name cannot be resolved: that is said when the registry is asked. */
async function resolve(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
