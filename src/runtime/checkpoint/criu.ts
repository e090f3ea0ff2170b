import { readFileSync, readlinkSync } from 'node:fs';
import type { Cgroups } from '../../host/index.ts';
import type { RuntimeSpec } from '../../oci/index.ts';

/** A container of the native runtime, as CRIU is to see it. */
export interface Dumped {
  pid: number;
  spec: RuntimeSpec;
  cgroups: Cgroups;
  /** Where the images go, and the log. */
  images: string;
  work: string;
  leaveRunning: boolean;
}

/**
 * CRIU's command line for a container of our own, under the names that runc gives what comes from outside, since it is runc that will
 * restore it: bind mounts by their place in the container, cgroups likewise, masked files as /dev/null, the network namespace as a whole.
 */
export function dumpArguments({ pid, spec, cgroups, images, work, leaveRunning }: Dumped): string[] {
  const external = [
    ...networkOf(spec).map((network) => `net[${network(pid)}]:extRootNetNS`),
    ...externalMounts(pid, spec).map((place) => `mnt[${place}]:${place}`),
    ...maskedFiles(pid, spec).map((place) => `mnt[${place}]:/dev/null`),
  ];
  const freezer = cgroups.directoryOf('freezer', spec.linux.cgroupsPath);
  const places = ['--images-dir', images, '--work-dir', work, '--log-file', 'dump.log', '-v4'];
  return [
    'dump',
    '--tree',
    String(pid),
    ...places,
    ...external.flatMap((one) => ['--external', one]),
    ...(freezer === undefined ? [] : ['--freeze-cgroup', freezer]),
    ...(leaveRunning ? ['--leave-running'] : []),
    '--manage-cgroups=soft',
  ];
}

/** The inode of the network namespace, where the container has one that is not the host's. */
function networkOf({ linux }: RuntimeSpec): ((pid: number) => string)[] {
  if (!linux.namespaces.some(({ type }) => type === 'network')) return [];
  return [(pid) => /\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0] ?? ''];
}

/** Bind mounts, and the cgroups of each hierarchy of version 1. */
function externalMounts(pid: number, spec: RuntimeSpec): string[] {
  const binds = spec.mounts.filter(
    ({ type, options = [] }) => type === 'bind' || options.some((one) => /^r?bind$/.test(one)),
  );
  const cgroups = mountsOf(pid).filter(({ type }) => type === 'cgroup');
  return [...binds.map(({ destination }) => destination), ...cgroups.map(({ mountPoint }) => mountPoint)];
}

/** Directories are masked by file systems of their own. */
function maskedFiles(pid: number, { linux }: RuntimeSpec): string[] {
  const places = new Set(
    mountsOf(pid)
      .filter(({ root }) => root === '/null')
      .map(({ mountPoint }) => mountPoint),
  );
  return (linux.maskedPaths ?? []).filter((path) => places.has(path));
}

/** Its mounts: the directory of the file system that is shown, where, and of what type. */
function mountsOf(pid: number): { root: string; mountPoint: string; type: string }[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = before.split(' ');
    return { root, mountPoint, type: after.split(' ')[0] ?? '' };
  });
}

/** What the first three descriptors are: by these names runc finds the pipes to be replaced by those of the next monitor. */
export function descriptorsOf(pid: number): string[] {
  return [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/** What CRIU's log says it failed of, in one line; undefined where there is no log or no word. */
export function criuErrors(logFile: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(logFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const errors = text.split('\n').flatMap((line) => /Error \(([^)]*)\): (.*)$/.exec(line)?.[2] ?? []);
  // It goes on without this one, on every machine where it may not raise the limit.
  const telling = errors.filter((line) => !line.startsWith("rlimit: Can't setup RLIMIT_NOFILE"));
  return telling.length === 0 ? undefined : telling.slice(0, 3).join('; ');
}
