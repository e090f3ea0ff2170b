import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import { livingShims } from '../mayhem/shims.ts';

/** What an engine holds of its machine while it has no containers; none of it may grow with how many there were. */
export interface Held {
  /** In bytes. */
  memory: number;
  fds: number;
  /** Of those, network namespaces. */
  namespaces: number;
  mounts: number;
  /** Of containers that it has had. */
  cgroups: number;
  links: number;
  shims: number;
  /** Entries of its directories of containers. */
  entries: number;
}

/** Looks at the engine's process, its machine and its directories. */
export function heldBy(engine: Engine, ids: string[]): Held {
  const pid = engine.pid();
  const text = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => target(`/proc/${pid}/fd/${fd}`));
  return {
    memory: Number(/VmRSS:\s+(\d+)/.exec(text('status'))?.[1] ?? 0) * 1024,
    fds: links.length,
    namespaces: links.filter((link) => link.startsWith('net:[')).length,
    mounts: text('mountinfo').split('\n').length,
    cgroups: ids.filter((id) => hierarchies().some((name) => existsSync(cgroupOf(name, id)))).length,
    links: entriesOf(`/sys/class/net/${engine.bridge}/brif`).length,
    shims: livingShims(engine).length,
    entries: ['data/containers', 'data/overlay2/containers', 'exec/containers', 'exec/exec', 'data/volumes']
      .map((path) => entriesOf(join(engine.directory, path)).length)
      .reduce((sum, count) => sum + count, 0),
  };
}

/** On version 2 it is the one that has no name. */
const hierarchies = (): string[] => ['', ...entriesOf('/sys/fs/cgroup')];
const cgroupOf = (hierarchy: string, id: string): string => join('/sys/fs/cgroup', hierarchy, 'tug', id);

function entriesOf(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed since it was listed
  }
}
