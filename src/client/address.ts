/** Where an engine listens, as the socket layer takes it. */
export type Address = { unix: string } | { hostname: string; port: number };

/** The socket of an engine that nobody configured. */
export const defaultHost = 'unix:///run/tug/tug.sock';

/** Reads `unix:///path`, `tcp://host:port` or `http://host:port`; throws Docker's words for anything else. */
export function parseHost(host: string): Address {
  const at = host.indexOf('://');
  if (at < 0) throw new Error(`unable to parse docker host \`${host}\``);
  const scheme = host.slice(0, at);
  const rest = host.slice(at + 3);
  if (scheme === 'unix') return { unix: rest };
  if (scheme !== 'tcp' && scheme !== 'http') throw new Error(`protocol not available: ${scheme}`);
  const authority = rest.split('/')[0] ?? '';
  const colon = authority.lastIndexOf(':');
  const port = colon < 0 ? 2375 : Number(authority.slice(colon + 1));
  const name = colon < 0 ? authority : authority.slice(0, colon);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`unable to parse docker host \`${host}\``);
  return { hostname: name.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}
