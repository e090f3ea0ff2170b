import { posix } from 'node:path';
import type { CgroupHierarchy, Cgroups } from '../../../host/index.ts';
import type { RuntimeSpec, SpecMount } from '../../../oci/index.ts';
import type { MountStep } from '../../plan/steps.ts';
import { ATTR } from '../constants.ts';
import type { MountOptions } from '../mounts/mount-options.ts';

const harmless = ATTR.NOSUID | ATTR.NODEV | ATTR.NOEXEC;

/**
 * What `type: cgroup` is here. v2: the filesystem itself, which a private cgroup namespace shows from the container's own cgroup down.
 * v1: a tmpfs with one directory per hierarchy, each a mount of its own cgroup, and links for controllers that share one.
 */
export function cgroupMount(spec: RuntimeSpec, mount: SpecMount, options: MountOptions, cgroups: Cgroups): MountStep[] {
  if (cgroups.mode === 'v2') return [fresh(mount.destination, 'cgroup2', mount.source, options)];
  const named = spec.linux.namespaces.some(({ type }) => type === 'cgroup');
  const first = cgroups.hierarchies.filter(({ version }) => version === 1);
  const tmpfs: MountStep = {
    op: 'mount',
    type: 'tmpfs',
    source: 'tmpfs',
    target: mount.destination,
    options: [{ key: 'mode', value: '755' }],
    attributes: harmless,
    tmpcopyup: false,
    mode: 0,
    propagation: options.propagation,
  };
  const each = first.map((hierarchy) => {
    const target = posix.join(mount.destination, posix.basename(hierarchy.mountPoint));
    if (named) return ownRoot(hierarchy, target, options);
    return ownDirectory(posix.join(hierarchy.mountPoint, spec.linux.cgroupsPath), target, options);
  });
  return [tmpfs, ...each, ...links(first, mount.destination)];
}

function fresh(target: string, type: string, source: string, options: MountOptions): MountStep {
  const readonly = options.set & ATTR.RDONLY ? [{ key: 'ro', value: null }] : [];
  return {
    op: 'mount',
    type,
    source,
    target,
    options: [...readonly, ...options.data],
    attributes: options.set,
    tmpcopyup: false,
    mode: 0,
    propagation: options.propagation,
  };
}

function ownRoot(hierarchy: CgroupHierarchy, target: string, options: MountOptions): MountStep {
  const name = hierarchy.name === undefined ? [] : [{ key: 'name', value: hierarchy.name }];
  const data = [...hierarchy.controllers.map((key) => ({ key, value: null })), ...name];
  const source = hierarchy.name === 'systemd' ? 'systemd' : 'cgroup';
  return fresh(target, 'cgroup', source, { ...options, set: harmless | (options.set & ATTR.RDONLY), data });
}

function ownDirectory(source: string, target: string, options: MountOptions): MountStep {
  const { set, propagation } = options;
  return { op: 'bind', source, target, recursive: true, set, clear: 0, recursiveAttributes: false, propagation };
}

function links(hierarchies: CgroupHierarchy[], destination: string): MountStep[] {
  return hierarchies.flatMap(({ mountPoint }) => {
    const shared = posix.basename(mountPoint);
    if (!shared.includes(',')) return [];
    return shared.split(',').map(
      (controller): MountStep => ({
        op: 'symlink',
        text: shared,
        target: posix.join(destination, controller),
        replace: false,
      }),
    );
  });
}
