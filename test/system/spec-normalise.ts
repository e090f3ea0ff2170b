import type { RuntimeSpec } from '../../src/oci/index.ts';

/** What Docker hands to runc: our type of it, with what only Docker writes. */
export type Bundle = RuntimeSpec & { hooks?: unknown };

type Json = Record<string, unknown>;

/**
 * One form for specifications that mean the same; everything else must be equal. `shared`: memory that other containers may join,
 * which Docker mounts on the host and we in the container.
 */
export function normalise(given: Bundle, { shared }: { shared: boolean }): Json {
  const { hooks: _, ociVersion: __, domainname, root, ...spec } = structuredClone(given);
  const { linux, process } = spec;
  return {
    ...spec,
    readonly: root.readonly ?? false,
    process: {
      ...process,
      // runc adds HOME, which we have written already.
      env: process.env.filter((entry) => !entry.startsWith('HOME=')),
      capabilities: setsOf(process.capabilities),
      // Docker keeps groups in a map.
      user: {
        ...process.user,
        additionalGids: (process.user.additionalGids ?? []).toSorted((one, other) => one - other),
      },
    },
    mounts: mountsOf(spec.mounts.filter(({ destination }) => !shared || destination !== '/dev/shm')),
    linux: {
      ...linux,
      // What is relative begins at the root of the hierarchy, too.
      cgroupsPath: linux.cgroupsPath.replace(/^\/?/, '/'),
      // Docker joins the host's network by path, we by leaving the namespace out.
      namespaces: linux.namespaces
        .filter(({ path }) => !path?.includes('netns'))
        .map(text)
        .toSorted(),
      devices: (linux.devices ?? []).map(text).toSorted(),
      maskedPaths: (linux.maskedPaths ?? []).toSorted(),
      readonlyPaths: (linux.readonlyPaths ?? []).toSorted(),
      resources: resourcesOf(linux.resources),
      // Docker sets the domain name as a sysctl.
      sysctl: { ...linux.sysctl, ...(domainname ? { 'kernel.domainname': domainname } : {}) },
      seccomp: linux.seccomp && {
        ...linux.seccomp,
        syscalls: linux.seccomp.syscalls.map((rule) => text({ ...rule, names: rule.names.toSorted() })).toSorted(),
      },
    },
  };
}

const text = (value: unknown): string => JSON.stringify(Object.entries(value as Json).toSorted());

function setsOf(sets: RuntimeSpec['process']['capabilities']): Json {
  const given = Object.entries(sets).filter(([, names]) => (names as string[]).length > 0);
  return Object.fromEntries(given.map(([set, names]) => [set, (names as string[]).toSorted()]));
}

const depth = (at: string): number => at.split('/').length;

/** Siblings may be mounted in any order. The engine's own files and volumes lie elsewhere. */
function mountsOf(mounts: RuntimeSpec['mounts']): unknown[] {
  const own = /^.*\/(volumes|containers)\/[^/]+\//;
  return mounts
    .map((mount) => ({ ...mount, source: mount.source.replace(own, '$1/'), options: mount.options.toSorted() }))
    .toSorted(({ destination: one }, { destination: other }) => depth(one) - depth(other) || (one < other ? -1 : 1));
}

function resourcesOf({ devices, memory, blockIO, ...rest }: RuntimeSpec['linux']['resources']): Json {
  const rules: string[] = [];
  for (const rule of devices) {
    // Docker writes its defaults twice; a rule for everything makes what came before it void.
    if (rule.type === undefined) rules.length = 0;
    rules.push(text(rule));
  }
  const { disableOOMKiller, ...limits } = memory ?? {};
  return {
    ...rest,
    rules,
    memory: { ...limits, ...(disableOOMKiller ? { disableOOMKiller } : {}) },
    blockIO: blockIO ?? {},
  };
}

/** Path and value of everything in a value, so that a difference names itself. */
export function fields(value: unknown, path = ''): Record<string, unknown> {
  if (value === null || typeof value !== 'object') return value === undefined ? {} : { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => fields(inner, `${path}.${key}`)));
}
