import { EngineError } from '../../../kit/index.ts';
import type { RuntimeSpec, SpecDevice } from '../../../oci/index.ts';
import type { MountStep } from '../../plan/steps.ts';

const node = (name: string, major: number, minor: number): SpecDevice => ({
  path: `/dev/${name}`,
  type: 'c',
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

/** The nodes every container has. */
export const defaultDevices: readonly SpecDevice[] = [
  node('null', 1, 3),
  node('random', 1, 8),
  node('full', 1, 7),
  node('tty', 5, 0),
  node('zero', 1, 5),
  node('urandom', 1, 9),
];

/** The nodes and links of the container's own /dev. `kcore`: whether the kernel has /proc/kcore, which /dev/core points to. */
export function compileDevices(spec: RuntimeSpec, kcore: boolean): MountStep[] {
  const own = new Set(spec.linux.devices.map(({ path }) => path));
  const nodes = [...defaultDevices.filter(({ path }) => !own.has(path)), ...spec.linux.devices];
  const links = [
    ['/dev/fd', '/proc/self/fd'],
    ['/dev/stdin', '/proc/self/fd/0'],
    ['/dev/stdout', '/proc/self/fd/1'],
    ['/dev/stderr', '/proc/self/fd/2'],
    ...(kcore ? [['/dev/core', '/proc/kcore']] : []),
  ] as [target: string, text: string][];
  return [
    ...nodes.map(device),
    { op: 'symlink', text: 'pts/ptmx', target: '/dev/ptmx', replace: true },
    ...links.map(([target, text]): MountStep => ({ op: 'symlink', text, target, replace: false })),
  ];
}

function device({ path, type, major, minor, fileMode, uid, gid }: SpecDevice): MountStep {
  if (!['c', 'b', 'u', 'p'].includes(type)) throw new EngineError('invalid', `invalid device type ${type} of ${path}`);
  // `u` is a character device that is not buffered, to mknod(1) the same.
  const kind = type === 'u' ? 'c' : type;
  return { op: 'device', target: path, type: kind, major, minor, mode: fileMode & 0o7777, uid, gid };
}
