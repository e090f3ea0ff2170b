import type { Check, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

/** What limits need; the second name is that of cgroup v2, where it has another or none. */
const controllers: [v1: string, v2: string | undefined, what: string][] = [
  ['cpu', 'cpu', '--cpus and --cpu-shares'],
  ['cpuset', 'cpuset', '--cpuset-cpus'],
  ['memory', 'memory', '--memory'],
  ['pids', 'pids', '--pids-limit'],
  ['blkio', 'io', '--blkio-weight and --device-read-bps'],
  ['devices', undefined, 'the limits of what devices a container may open'],
  ['freezer', undefined, 'pause'],
];

/** Whether the controllers that limit containers are there, and how they are mounted. */
export const cgroups: Check = (host, { cgroupParent }) => {
  const mounts = (host.read('/proc/self/mountinfo') ?? '').split('\n').flatMap(cgroupMount);
  if (mounts.length === 0) {
    return symptom(true, {
      id: 'cgroup-mount',
      gravity: 'error',
      text: 'no cgroups are mounted',
      mend: 'mount -t cgroup2 none /sys/fs/cgroup',
    });
  }
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  const old = mounts.filter(({ type }) => type === 'cgroup').flatMap(({ controllers: found }) => found);
  const available = host.read(`${unified?.place}/cgroup.controllers`)?.trim().split(' ') ?? [];
  return [...missing(old, unified && available), ...shape(host, { old, unified: unified?.place, cgroupParent })];
};

interface Mounted {
  type: string;
  place: string;
  controllers: string[];
}

function cgroupMount(line: string): Mounted[] {
  const [before = '', after = ''] = line.split(' - ');
  const [type = '', , options = ''] = after.split(' ');
  if (type !== 'cgroup' && type !== 'cgroup2') return [];
  return [{ type, place: before.split(' ')[4] ?? '', controllers: options.split(',') }];
}

function missing(old: string[], unified: string[] | undefined): Symptom[] {
  const pure = old.length === 0;
  return controllers.flatMap(([v1, v2, what]) => {
    const there = pure
      ? v2 === undefined || unified?.includes(v2) === true
      : old.includes(v1) || (v2 !== undefined && unified?.includes(v2) === true);
    const name = pure ? (v2 ?? v1) : v1;
    const serious = ['devices', 'pids', 'memory', 'cpu'].includes(v1);
    const mend = `boot with cgroup_enable=${v1}, or a kernel with that controller`;
    const text = `there is no cgroup controller ${name}: ${what} do not work`;
    return symptom(!there, { id: `cgroup-${name}`, gravity: serious ? 'warning' : 'note', text, mend });
  });
}

function shape(
  host: Host,
  { old, unified, cgroupParent }: { old: string[]; unified: string | undefined; cgroupParent: string },
): Symptom[] {
  const type = unified && host.read(`${unified}${cgroupParent}/cgroup.type`)?.trim();
  return [
    ...symptom(old.length > 0, {
      id: 'cgroup-v1',
      gravity: 'note',
      text: 'cgroups are mounted in version 1, which systemd and newer kernels give up',
      mend: 'boot with systemd.unified_cgroup_hierarchy=1',
    }),
    ...symptom(old.length === 0 && type !== undefined && type !== 'domain', {
      id: 'cgroup-type',
      gravity: 'error',
      text: `the cgroup of containers is of type ${type}: none can be limited in it`,
      mend: `choose another parent with --cgroup-parent than ${cgroupParent}`,
    }),
  ];
}
