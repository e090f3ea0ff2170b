import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { trySyscall } from '../calls/syscall.ts';
import { closeFd } from '../files/files.ts';
import type { CgroupHierarchy, Cgroups } from './cgroup.ts';

/** What the leaf cgroups below a parent may use, for controllers that start empty on v1. */
export interface CgroupParent {
  /** cpuset.cpus and cpuset.mems that a child inherits (v1 only: a v1 cpuset starts empty). */
  cpuset?: { cpus: string; mems: string };
  /** What the kernel calls the block I/O weight of a cgroup here, where it offers one. */
  blkioWeight?: 'blkio.weight' | 'blkio.bfq.weight' | 'io.weight' | 'io.bfq.weight';
}

/**
 * Makes the cgroup that containers' cgroups will lie in, in every hierarchy: v1 cpusets get their parent's CPUs where they are
 * empty, v2 gets its controllers enabled for children. Cheap when all is there; idempotent.
 */
export function prepareCgroupParent(cgroups: Cgroups, cgroup: string): CgroupParent {
  const parent: CgroupParent = {};
  for (const hierarchy of cgroups.hierarchies) {
    const directory = join(hierarchy.mountPoint, cgroup);
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    if (hierarchy.version === 2) enableControllers(hierarchy, directory);
    else if (hierarchy.controllers.includes('cpuset')) parent.cpuset = inheritCpuset(hierarchy.mountPoint, directory);
    if (hierarchy.controllers.includes('blkio') || hierarchy.controllers.includes('io')) {
      const names = ['blkio.weight', 'blkio.bfq.weight', 'io.weight', 'io.bfq.weight'] as const;
      const present = new Set(readdirSync(directory));
      const weight = names.find((name) => present.has(name));
      if (weight) parent.blkioWeight = weight;
    }
  }
  return parent;
}

function inheritCpuset(root: string, directory: string): { cpus: string; mems: string } {
  const inherit = (file: string): string => {
    const value = readFileSync(join(directory, file), 'utf8').trim();
    if (value !== '' || directory === root) return value;
    const inherited = inheritCpuset(root, dirname(directory))[file === 'cpuset.cpus' ? 'cpus' : 'mems'];
    writeFileSync(join(directory, file), inherited);
    return inherited;
  };
  return { cpus: inherit('cpuset.cpus'), mems: inherit('cpuset.mems') };
}

// Enabled from the root down: a cgroup can pass on only what its parent passed to it.
function enableControllers(hierarchy: CgroupHierarchy, directory: string): void {
  const chain: string[] = [];
  for (let at = directory; at.length >= hierarchy.mountPoint.length; at = dirname(at)) chain.unshift(at);
  for (const at of chain) {
    const enabled = new Set(wordsOf(join(at, 'cgroup.subtree_control')));
    // hugetlb is left alone; a controller may refuse (real-time tasks block cpu), then limits on it fail where they are asked for.
    const missing = wordsOf(join(at, 'cgroup.controllers')).filter((name) => !enabled.has(name) && name !== 'hugetlb');
    if (missing.length > 0 && at === hierarchy.mountPoint) makeRoom(at);
    for (const controller of missing) {
      try {
        writeFileSync(join(at, 'cgroup.subtree_control'), `+${controller}`);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
  }
}

/**
 * In a container that has a cgroup namespace, what looks like the root is a cgroup like any other, which has a type: as long as processes
 * are in it, ours among them, those below it are not valid ones. They move to `init`, where Docker's own image of an engine has them, too.
 */
function makeRoom(root: string): void {
  if (!existsSync(join(root, 'cgroup.type'))) return;
  if (!/^0::\/$/m.test(readFileSync('/proc/self/cgroup', 'utf8'))) return;
  const leaf = join(root, 'init');
  mkdirSync(leaf, { recursive: true, mode: 0o755 });
  // 0 is a process that cannot be seen from here; one that has ended meanwhile cannot be moved.
  for (const pid of wordsOf(join(root, 'cgroup.procs')).filter((word) => word !== '0')) moveInto(leaf, pid);
}

function moveInto(cgroup: string, pid: string): void {
  try {
    writeFileSync(join(cgroup, 'cgroup.procs'), pid);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** The contents of one control file of a cgroup (`memory.stat`), undefined where controller, cgroup or file are missing. */
export function readCgroupFile(cgroups: Cgroups, controller: string, cgroup: string, file: string): string | undefined {
  const directory = cgroups.directoryOf(controller, cgroup) ?? unifiedDirectory(cgroups, cgroup);
  return directory === undefined ? undefined : readIfThere(join(directory, file));
}

/** Everything that runs in the cgroup or below it, by host pid, in no order. */
export function cgroupPids(cgroups: Cgroups, cgroup: string): number[] {
  const below = (hierarchy?: CgroupHierarchy) => (hierarchy ? subtree(join(hierarchy.mountPoint, cgroup)) : []);
  const unified = below(cgroups.unified);
  // A runtime may have kept out of the v2 hierarchy of a hybrid machine.
  const directories = unified.length > 0 ? unified : below(cgroups.hierarchies[0]);
  const pids = new Set<number>();
  for (const directory of directories) {
    for (const word of wordsOf(join(directory, 'cgroup.procs'))) pids.add(Number(word));
  }
  // A process of a pid namespace beyond ours is listed as 0, which to kill(2) means our own process group.
  pids.delete(0);
  return [...pids];
}

/** Kills everything in the cgroup and below; frozen processes are thawed, since SIGKILL waits for that. */
export function killCgroup(cgroups: Cgroups, cgroup: string): void {
  const freezer = cgroups.directoryOf('freezer', cgroup);
  const unified = unifiedDirectory(cgroups, cgroup);
  const atOnce = unified !== undefined && writeIfThere(join(unified, 'cgroup.kill'), '1');
  if (!atOnce) {
    for (const pid of cgroupPids(cgroups, cgroup)) signalIfThere(pid);
  }
  if (freezer) for (const directory of subtree(freezer)) writeIfThere(join(directory, 'freezer.state'), 'THAWED');
  if (unified) writeIfThere(join(unified, 'cgroup.freeze'), '0');
}

/** Kills one process if it is in the cgroup or below it, by a hold on it that no other process can come into. */
export function killMember(cgroups: Cgroups, cgroup: string, pid: number): void {
  const held = trySyscall('pidfd_open', pid, 0);
  if (held < 0) return;
  try {
    if (cgroupPids(cgroups, cgroup).includes(pid)) trySyscall('pidfd_send_signal', held, SIGKILL, 0, 0);
  } finally {
    closeFd(held);
  }
}

const SIGKILL = 9;

/** Removes the cgroup and those below it from every hierarchy; false while processes are still in one of them. */
export function removeCgroup(cgroups: Cgroups, cgroup: string): boolean {
  let gone = true;
  for (const { mountPoint } of cgroups.hierarchies) {
    for (const directory of subtree(join(mountPoint, cgroup)).toReversed()) {
      try {
        rmdirSync(directory);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && code !== 'EBUSY') throw error;
        if (code === 'EBUSY') gone = false;
      }
    }
  }
  return gone;
}

/** The names of the cgroups directly below `cgroup`, in any hierarchy. */
export function listCgroups(cgroups: Cgroups, cgroup: string): string[] {
  const names = cgroups.hierarchies.flatMap(({ mountPoint }) => directoriesIn(join(mountPoint, cgroup)));
  return [...new Set(names)];
}

const unifiedDirectory = (cgroups: Cgroups, cgroup: string) =>
  cgroups.unified && join(cgroups.unified.mountPoint, cgroup);

/** The directory and all below it, parents first; empty if it is not there. */
function subtree(directory: string): string[] {
  if (readIfThere(join(directory, 'cgroup.procs')) === undefined) return [];
  return [directory, ...directoriesIn(directory).flatMap((name) => subtree(join(directory, name)))];
}

function directoriesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function writeIfThere(path: string, value: string): boolean {
  try {
    writeFileSync(path, value, { flag: 'r+' });
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

function signalIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const wordsOf = (path: string) => (readIfThere(path) ?? '').split(/\s+/).filter((word) => word !== '');
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';
// A cgroup may vanish while it is read: ENODEV then.
const isAbsence = (error: unknown) => ['ENOENT', 'ENODEV'].includes(codeOf(error));
const isRefusal = (error: unknown) => ['EINVAL', 'EBUSY', 'EOPNOTSUPP', 'ENOENT'].includes(codeOf(error));
