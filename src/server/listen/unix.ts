import { chmodSync, chownSync, closeSync, lstatSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { crashpoint, EngineError, type Log } from '../../kit/index.ts';
import type { UnixAddress } from '../contract.ts';
import { bind } from './bind.ts';

/** sun_path has 108 bytes, the last a NUL. */
const longestPath = 107;

/**
 * Listens on a unix socket that has its mode and owner before it has its name. What lies at the path is replaced only if
 * it is a socket that nobody answers on. Resolves to the call that stops it and takes the name away again.
 */
export async function listenUnix(serve: (socket: Socket) => void, address: UnixAddress, log: Log): Promise<() => void> {
  const { path, mode, group } = address;
  await refuseIfAlive(path);
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  const short = shorten(fresh);
  const server = createServer({ allowHalfOpen: true }, serve);
  await bind(server, { path: short.path }, log);
  short.release();
  if (group !== undefined) chownSync(fresh, 0, groupId(group, path, log));
  chmodSync(fresh, mode);
  renameSync(fresh, path);
  crashpoint('server.listen');
  const { ino } = lstatSync(path);
  return () => {
    server.close();
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
  };
}

/** Reaches a long path through a descriptor of its directory, which must stay open while the socket is bound. */
function shorten(path: string): { path: string; release: () => void } {
  if (Buffer.byteLength(path) <= longestPath) return { path, release: () => undefined };
  const fd = openSync(dirname(path), 'r');
  return { path: `/proc/self/fd/${fd}/${basename(path)}`, release: () => closeSync(fd) };
}

async function refuseIfAlive(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new EngineError('conflict', `cannot listen on ${path}: it exists and is no socket`);
  const short = shorten(path);
  try {
    const alive = await new Promise<boolean>((resolve) => {
      const probe = connect(short.path);
      probe.once('connect', () => resolve(true));
      probe.once('error', (error: NodeJS.ErrnoException) =>
        resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
      );
      probe.once('close', () => resolve(false));
      probe.setTimeout(2000, () => resolve(true));
      void probe.once('connect', () => probe.destroy());
    });
    if (alive) throw new EngineError('conflict', `cannot listen on ${path}: another engine answers there`);
  } finally {
    short.release();
  }
}

function groupId(name: string, path: string, log: Log): number {
  if (/^\d+$/.test(name)) return Number(name);
  const line = readGroups().find((fields) => fields[0] === name);
  if (line?.[2] !== undefined) return Number(line[2]);
  log.warn('the group of the socket does not exist: only root can connect', { path, group: name });
  return 0;
}

function readGroups(): string[][] {
  const file = join('/etc', 'group');
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
