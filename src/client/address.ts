/** What a TLS connection is made with: PEM texts, '' where there is none; without `verify` any server is believed. */
export interface TlsMaterial {
  ca: string;
  cert: string;
  key: string;
  verify: boolean;
}

/** Where an engine listens, as the socket layer takes it; `command` is a program whose stdin and stdout lead there. */
export type Address = { unix: string } | { hostname: string; port: number } | { command: string[] };

/** The socket of an engine that nobody configured. */
export const defaultHost = 'unix:///run/tug/tug.sock';

/** Reads `unix:///path`, `tcp://host:port`, `http://host:port` or `ssh://user@host`; throws Docker's words for anything else. */
export function parseHost(host: string): Address {
  const at = host.indexOf('://');
  if (at < 0) throw new Error(`unable to parse docker host \`${host}\``);
  const scheme = host.slice(0, at);
  const rest = host.slice(at + 3);
  if (scheme === 'unix') return { unix: rest };
  if (scheme === 'ssh') return { command: sshCommand(host) };
  if (scheme !== 'tcp' && scheme !== 'http') throw new Error(`protocol not available: ${scheme}`);
  const authority = rest.split('/')[0] ?? '';
  const colon = authority.lastIndexOf(':');
  const port = colon < 0 ? 2375 : Number(authority.slice(colon + 1));
  const name = colon < 0 ? authority : authority.slice(0, colon);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`unable to parse docker host \`${host}\``);
  return { hostname: name.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}

const fault = (reason: string) => new Error(`invalid SSH URL: ${reason}`);

/** The engine of another machine, reached through its own command line. */
function sshCommand(host: string): string[] {
  const url = new URL(host);
  if (url.hostname === '') throw fault('no host specified');
  if (url.password !== '') throw fault('plain-text password is not supported');
  if (url.search !== '') throw fault(`query parameters are not allowed: "${url.search.slice(1)}"`);
  if (url.hash !== '') throw fault(`fragments are not allowed: "${url.hash.slice(1)}"`);
  const socket = url.pathname === '' || url.pathname === '/' ? [] : ['--host', `unix://${url.pathname}`];
  return [
    'ssh',
    '-o',
    'ConnectTimeout=30',
    '-T',
    ...(url.username === '' ? [] : ['-l', decodeURIComponent(url.username)]),
    ...(url.port === '' ? [] : ['-p', url.port]),
    '--',
    url.hostname.replace(/^\[|\]$/g, ''),
    'docker',
    ...socket,
    'system',
    'dial-stdio',
  ];
}
