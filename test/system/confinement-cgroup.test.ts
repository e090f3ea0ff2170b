// The machine's own cgroups through the one interface: made, read, emptied and removed.
import { afterAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cgroupPids,
  detectCgroups,
  killCgroup,
  listCgroups,
  prepareCgroupParent,
  readCgroupFile,
  removeCgroup,
} from '../../src/host/index.ts';
import { until } from '../support/command.ts';

const cgroups = detectCgroups();
const parent = `/tug-cgroups-${randomBytes(4).toString('hex')}`;
const child = `${parent}/one`;
const directories = (cgroup: string) => cgroups.hierarchies.map(({ mountPoint }) => join(mountPoint, cgroup));

afterAll(() => {
  killCgroup(cgroups, parent);
  removeCgroup(cgroups, parent);
  expect(directories(parent).filter(existsSync)).toEqual([]);
});

/** A process that sleeps in the cgroup, in every hierarchy. */
function sleepIn(cgroup: string): ChildProcess {
  const process = spawn('sleep', ['1000'], { stdio: 'ignore' });
  for (const directory of directories(cgroup)) writeFileSync(join(directory, 'cgroup.procs'), String(process.pid));
  return process;
}

test('a parent is made in every hierarchy, and its cpuset is filled for those below it', () => {
  const { cpuset } = prepareCgroupParent(cgroups, parent);
  expect(prepareCgroupParent(cgroups, parent).cpuset).toEqual(cpuset as NonNullable<typeof cpuset>);
  expect(directories(parent).every(existsSync)).toBe(true);
  if (cgroups.hierarchyOf('cpuset')?.version === 1) {
    const of = (file: string) => readCgroupFile(cgroups, 'cpuset', parent, file)?.trim() ?? '';
    expect(cpuset).toEqual({ cpus: of('cpuset.cpus'), mems: of('cpuset.mems') });
    expect(cpuset?.cpus).not.toBe('');
  }
});

test('what runs in a cgroup and below it is listed and killed, also while it is frozen', async () => {
  for (const directory of directories(child)) mkdirSync(join(directory, 'below'), { recursive: true });
  for (const cgroup of [child, `${child}/below`]) {
    const cpuset = prepareCgroupParent(cgroups, cgroup).cpuset;
    expect(cpuset?.mems).not.toBe('');
  }
  const processes = [sleepIn(child), sleepIn(`${child}/below`)];
  const pids = processes.map(({ pid }) => pid as number);
  expect(cgroupPids(cgroups, child).toSorted()).toEqual(pids.toSorted());
  expect(listCgroups(cgroups, parent)).toEqual(['one']);
  expect(removeCgroup(cgroups, child)).toBe(false);

  const freezer = cgroups.directoryOf('freezer', child);
  if (freezer) {
    writeFileSync(join(freezer, 'freezer.state'), 'FROZEN');
    await until('the freezing', () => readFileSync(join(freezer, 'freezer.state'), 'utf8').trim() === 'FROZEN');
  }
  const ends = processes.map((process) => once(process, 'exit'));
  killCgroup(cgroups, child);
  expect((await Promise.all(ends)).map(([, signal]) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
  await until('the cgroup to be empty', () => removeCgroup(cgroups, child));
  expect(cgroupPids(cgroups, child)).toEqual([]);
  expect(listCgroups(cgroups, parent)).toEqual([]);
});

test('what is not there reads as nothing', () => {
  expect(readCgroupFile(cgroups, 'memory', `${parent}/none`, 'memory.stat')).toBeUndefined();
  expect(readCgroupFile(cgroups, 'memory', parent, 'memory.stat')).toContain('file');
  expect(cgroupPids(cgroups, `${parent}/none`)).toEqual([]);
  expect(removeCgroup(cgroups, `${parent}/none`)).toBe(true);
  killCgroup(cgroups, `${parent}/none`);
});
