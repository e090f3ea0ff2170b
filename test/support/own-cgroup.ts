import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '../../src/host/index.ts';
import { until } from './command.ts';

/** A cgroup of the test's own, for processes of the engine: not its containers', which have theirs. */
export interface OwnCgroup {
  /** What a shell runs to come into it. */
  readonly enter: string;
  /** Whether it was made on a version 2 hierarchy. */
  readonly unified: boolean;
  set(file: string, value: string): void;
  read(file: string): string;
  remove(): Promise<void>;
}

/** Undefined where this machine's cgroups have no such controller. */
export function ownCgroup(controller: 'pids' | 'memory', name: string): OwnCgroup | undefined {
  const hierarchy = detectCgroups().hierarchyOf(controller);
  if (!hierarchy) return undefined;
  const directory = join(hierarchy.mountPoint, name);
  mkdirSync(directory);
  if (!existsSync(join(directory, controller === 'pids' ? 'pids.max' : memoryFile(hierarchy.version)))) {
    rmdirSync(directory);
    return undefined;
  }
  return {
    enter: `echo 0 >${join(directory, 'cgroup.procs')}`,
    unified: hierarchy.version === 2,
    set: (file, value) => writeFileSync(join(directory, file), value),
    read: (file) => readFileSync(join(directory, file), 'utf8'),
    remove: () => until(`the cgroup ${name} is empty`, () => isRemoved(directory)).then(() => undefined),
  };
}

const memoryFile = (version: 1 | 2): string => (version === 2 ? 'memory.max' : 'memory.limit_in_bytes');

function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false; // somebody is still in it
  }
}
