import { posix } from 'node:path';

/** An absolute path: relative ones begin at `directory`. With `keepSlash` its end still says that it is a directory. */
export function absolutePath(
  directory: string,
  path: string,
  { keepSlash = false }: { keepSlash?: boolean } = {},
): string {
  const parent = posix.join('/', directory);
  const joined = path.startsWith('/') ? path : withoutSlash(posix.join(parent, path));
  if (!keepSlash || path.startsWith('/')) return joined;
  if (path.endsWith('/')) return joined === '/' ? joined : `${joined}/`;
  return path.endsWith('/.') ? `${joined === '/' ? '' : joined}/.` : joined;
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
