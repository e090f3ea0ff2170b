const localhost = 'localhost:2375';

/** Reads -H, DOCKER_HOST and the like: `tcp://` is understood, ports are filled in; throws Docker's words. */
export function parseHostFlag(text: string): string {
  const address = text.trim();
  const at = address.indexOf('://');
  // A path alone is no address of Docker's, but cannot be anything else than a socket.
  if (address.startsWith('/')) return `unix://${address}`;
  const scheme = at < 0 ? 'tcp' : address.slice(0, at);
  const rest = at < 0 ? address : address.slice(at + 3);
  if (scheme === 'tcp') return `tcp://${tcpAddress(rest)}`;
  if (scheme === 'unix') {
    if (rest.includes('://')) throw new Error(`invalid proto, expected unix: ${rest}`);
    return `unix://${rest || '/var/run/docker.sock'}`;
  }
  if (scheme === 'ssh' || scheme === 'fd') return address;
  throw new Error(`invalid bind address format: ${address}`);
}

function tcpAddress(rest: string): string {
  if (rest === '') return localhost;
  if (rest.includes('://')) throw new Error(`invalid proto, expected tcp: ${rest}`);
  const match = /^(\[[^\]]*\]|[^:/]*)(?::(\d*))?(\/.*)?$/.exec(rest);
  if (!match) throw new Error(`invalid bind address format: ${rest}`);
  const [, name = '', port = '', path = ''] = match;
  return `${name || 'localhost'}:${port || '2375'}${path}`;
}
