import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One mounted cgroup hierarchy. */
export interface CgroupHierarchy {
  version: 1 | 2;
  /** Where it is mounted on the host. */
  mountPoint: string;
  /** `memory`, or several when they share it (`cpu`, `cpuacct`); for v2 what is offered at its root. Empty for a named v1 hierarchy. */
  controllers: string[];
  /** A v1 hierarchy without controllers, for example `systemd`. */
  name?: string;
}

/** The machine's cgroups, whichever of the three layouts it has. Cgroups are named by their path below every hierarchy's root. */
export interface Cgroups {
  /** `hybrid`: controllers on v1 beside a v2 hierarchy that has none of the usual ones. */
  mode: 'v1' | 'hybrid' | 'v2';
  /** In the order of the mount table. */
  hierarchies: CgroupHierarchy[];
  /** The one v2 hierarchy of a v2 or hybrid machine. */
  unified?: CgroupHierarchy;
  /** The hierarchy that accounts for `controller`, undefined where the machine lacks it. */
  hierarchyOf(controller: string): CgroupHierarchy | undefined;
  /** The directory of `cgroup` in the hierarchy of `controller`. */
  directoryOf(controller: string, cgroup: string): string | undefined;
}

interface CgroupTables {
  /** /proc/self/mountinfo */
  mountinfo: string;
  /** /proc/self/cgroup */
  own: string;
  /** cgroup.controllers at the root of the v2 hierarchy mounted there. */
  controllersAt(mountPoint: string): string[];
}

const unescapeOctal = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Reads the layout of this machine's cgroups. */
export function detectCgroups(): Cgroups {
  return parseCgroups({
    mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    own: readFileSync('/proc/self/cgroup', 'utf8'),
    controllersAt: (mountPoint) => words(readFileSync(join(mountPoint, 'cgroup.controllers'), 'utf8')),
  });
}

/** The layout that those tables describe. A hierarchy mounted twice counts once, where it was mounted first. */
export function parseCgroups(tables: CgroupTables): Cgroups {
  const known = ownHierarchies(tables.own);
  const hierarchies: CgroupHierarchy[] = [];
  const seen = new Set<string>();
  for (const line of tables.mountinfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [type, , superOptions = ''] = right.split(' ');
    const mountPoint = unescapeOctal(left.split(' ')[4] ?? '');
    const hierarchy =
      type === 'cgroup2'
        ? { version: 2 as const, mountPoint, controllers: tables.controllersAt(mountPoint) }
        : type === 'cgroup'
          ? versionOne(mountPoint, superOptions.split(','), known)
          : undefined;
    const key = hierarchy && (hierarchy.version === 2 ? '' : `${hierarchy.name ?? ''}:${hierarchy.controllers}`);
    if (!hierarchy || key === undefined || seen.has(key)) continue;
    seen.add(key);
    hierarchies.push(hierarchy);
  }
  return layoutOf(hierarchies);
}

function layoutOf(hierarchies: CgroupHierarchy[]): Cgroups {
  const unified = hierarchies.find((hierarchy) => hierarchy.version === 2);
  const hierarchyOf = (controller: string) =>
    hierarchies.find(({ controllers, name }) => controllers.includes(controller) || `name=${name}` === controller);
  return {
    mode: !unified ? 'v1' : hierarchies.length > 1 ? 'hybrid' : 'v2',
    hierarchies,
    ...(unified && { unified }),
    hierarchyOf,
    directoryOf(controller, cgroup) {
      const hierarchy = hierarchyOf(controller);
      return hierarchy && join(hierarchy.mountPoint, cgroup);
    },
  };
}

function versionOne(mountPoint: string, options: string[], known: Set<string>): CgroupHierarchy | undefined {
  const name = options.find((option) => option.startsWith('name='))?.slice(5);
  const controllers = options.filter((option) => known.has(option));
  if (name === undefined && controllers.length === 0) return undefined;
  return { version: 1, mountPoint, controllers, ...(name !== undefined && { name }) };
}

/** The v1 controllers in /proc/self/cgroup: in the mount table they stand among other mount options. */
function ownHierarchies(own: string): Set<string> {
  const lists = own.split('\n').map((line) => line.split(':')[1] ?? '');
  return new Set(lists.flatMap((list) => list.split(',')).filter((word) => word !== '' && !word.startsWith('name=')));
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
