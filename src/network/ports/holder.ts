import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The program that has a port of the host, `nginx, process 812`; undefined where that cannot be seen. Walks /proc: for errors only. */
export function holderOf(protocol: string, port: number): string | undefined {
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined;
  const inodes = new Set([protocol, `${protocol}6`].flatMap((table) => inodesAt(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!hasSocket(pid, inodes)) continue;
    return `${read(`/proc/${pid}/comm`).trim()}, process ${pid}`;
  }
  return undefined;
}

/** Sockets that are bound to the port, connections aside. */
function inodesAt(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return read(`/proc/thread-self/net/${table}`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', remote = '']) => local.endsWith(`:${hex}`) && remote.endsWith(':0000'))
    .flatMap((columns) => columns[9] ?? []);
}

function hasSocket(pid: string, inodes: Set<string>): boolean {
  return list(`/proc/${pid}/fd`).some((fd) => {
    const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`)) ?? [];
    return inodes.has(inode);
  });
}

// A process may end while it is looked at.
function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
