import type { Client } from '../../client/index.ts';

/** What the engine says of a path in a container. */
export interface PathStat {
  isDirectory: boolean;
  isDevice: boolean;
  /** Where a symbolic link points to; undefined for anything else. */
  linkTarget: string | undefined;
}

/** Asks for a path without following a link at its end. */
export async function statPath(client: Client, container: string, path: string): Promise<PathStat> {
  const reply = await client.request({ method: 'HEAD', path: archivePath(container), query: { path } });
  await reply.text();
  return readStat(reply.headers);
}

/** The stat in an answer's header. */
export function readStat(headers: Map<string, string>): PathStat {
  const text = headers.get('x-docker-container-path-stat') ?? '';
  let stat: { mode: number; linkTarget: string };
  try {
    stat = JSON.parse(Buffer.from(text, 'base64').toString());
  } catch (error) {
    throw new Error(`unable to get resource stat from response: ${(error as Error).message}`, { cause: error });
  }
  // Go's bits of a mode: d, D and L.
  const has = (bit: number) => Math.floor(stat.mode / 2 ** bit) % 2 === 1;
  return { isDirectory: has(31), isDevice: has(26), linkTarget: has(27) ? stat.linkTarget : undefined };
}

/** The endpoint of a container's files. */
export function archivePath(container: string): string {
  return `/containers/${encodeURIComponent(container)}/archive`;
}
