import { EngineError, messageOf } from '../kit/index.ts';

/** Where the engine listens. */
export type Host =
  | { kind: 'unix'; path: string }
  | { kind: 'tcp'; host: string; port: number }
  /** Sockets that systemd has opened: all, or the one of a name or number. */
  | { kind: 'fd'; name: string };

const defaultPort = 2375;

/** Reads a `-H` or an entry of `hosts`: `unix:///path`, `tcp://host:port`, `host:port`, `fd://`; `invalid` in dockerd's words. */
export function parseHost(text: string, defaultSocket: string): Host {
  const address = text.trim();
  const at = address.indexOf('://');
  const protocol = at < 0 ? 'tcp' : address.slice(0, at);
  const rest = at < 0 ? address : address.slice(at + 3);
  const refuse = (why: string): EngineError => new EngineError('invalid', `invalid bind address (${address}): ${why}`);
  if (protocol === 'tcp') return parseTcp(rest, refuse);
  if (protocol === 'fd') return { kind: 'fd', name: rest };
  if (protocol !== 'unix') throw refuse(`unsupported proto '${protocol}'`);
  if (rest.includes('://')) throw refuse(`invalid unix address: ${rest}`);
  const path = rest === '' ? defaultSocket : rest;
  if (!path.startsWith('/')) throw refuse('the path of a unix socket must be absolute');
  return { kind: 'unix', path };
}

type Refuse = (why: string) => EngineError;

function parseTcp(rest: string, refuse: Refuse): Host {
  let url: URL;
  try {
    // A scheme with a port of its own would swallow that one.
    url = new URL(`tug://${rest === '' ? 'localhost' : rest.startsWith(':') ? `localhost${rest}` : rest}`);
  } catch (error) {
    throw refuse(/:[^\]]*$/.test(rest) ? `invalid port: ${rest.slice(rest.lastIndexOf(':') + 1)}` : messageOf(error));
  }
  if (url.pathname !== '') throw refuse('should not contain a path element');
  const port = url.port === '' ? defaultPort : Number(url.port);
  if (port === 0) throw refuse('invalid port: 0');
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost', port };
}
