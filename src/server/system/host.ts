import { readdirSync, readFileSync } from 'node:fs';
import { withoutCredentials } from '../../kit/index.ts';

/** The value of a field of /etc/os-release; empty when there is none. */
export function osRelease(field: string): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = readIfThere(path);
    const value = new RegExp(`^${field}=(.*)$`, 'm').exec(text)?.[1];
    if (value !== undefined) return value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return '';
}

export function ipv4Forwarding(): boolean {
  return readIfThere('/proc/sys/net/ipv4/ip_forward').trim() === '1';
}

export function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Of this process; what comes nearest to what Docker counts as goroutines. */
export function threads(): number {
  return readdirSync('/proc/self/task').length;
}

/** The type of the file system that holds a path, as `docker info` names it. */
export function fileSystemOf(path: string): string {
  let best = { mount: '', type: 'unknown' };
  for (const line of readIfThere('/proc/self/mountinfo').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const mount = before.split(' ')[4];
    const type = after.split(' ')[0];
    if (mount === undefined || type === undefined) continue;
    const holds = mount === '/' || path === mount || path.startsWith(`${mount}/`);
    if (holds && mount.length >= best.mount.length) best = { mount, type };
  }
  return /^ext[234]$/.test(best.type) ? 'extfs' : best.type;
}

/** Whether the overlay file system does something by default (`metacopy`, `redirect_dir`). */
export function overlayParameter(name: string): boolean {
  return ['Y', 'on'].includes(readIfThere(`/sys/module/overlay/parameters/${name}`).trim());
}

/** A proxy's address without its password. */
export function proxy(name: string): string {
  return withoutCredentials(process.env[name.toUpperCase()] ?? process.env[name.toLowerCase()] ?? '');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // A host without it simply has nothing to say.
  }
}
