import { join } from 'node:path';
import type { RuntimeSpec, SpecProcess } from '../../oci/index.ts';
import type { Stdio } from '../contract.ts';

/** Files of a start that a runtime reads, by their names in its directory. */
export type BundleFiles = Record<string, string>;

/** Where a bundle's parts are. */
export interface BundlePlaces {
  /** The directory of the start. */
  path: string;
  /** Where the root is attached in the mount namespace of the runtime's `create`. */
  rootAt: string;
  /** The file on which the furnished network namespace is bound there; absent where the runtime makes or joins one itself. */
  network?: string;
  /** The user namespace that the furnished network belongs to. */
  user?: string;
}

/** config.json for a runtime, and what must lie beside it. */
export function bundleFiles(spec: RuntimeSpec, stdio: Stdio, places: BundlePlaces): BundleFiles {
  const { domainname, ...rest } = spec;
  const { network, user } = places;
  const given: Record<string, string | undefined> = { network, user };
  const namespaces = spec.linux.namespaces.map((namespace) => {
    const path = namespace.path ?? given[namespace.type];
    return path ? { ...namespace, path } : namespace;
  });
  const bundle: RuntimeSpec = {
    ...rest,
    // Nothing of what later versions brought is left in it, and some runtimes refuse them.
    ociVersion: '1.0.2',
    process: withTerminal(spec.process, stdio),
    root: { ...spec.root, path: places.rootAt },
    linux: {
      ...spec.linux,
      namespaces,
      // Older runtimes do not know the field.
      ...(domainname && { sysctl: { ...spec.linux.sysctl, 'kernel.domainname': domainname } }),
    },
  };
  return { 'config.json': toJson(bundle), ...(network && { netns: '' }) };
}

/** process.json for `exec`; limits that it does not name are the container's. */
export function execFiles(spec: RuntimeSpec, process: SpecProcess, stdio: Stdio): BundleFiles {
  const { rlimits, user } = spec.process;
  const inherited: SpecProcess = {
    ...withTerminal(process, stdio),
    ...(!process.rlimits?.length && rlimits && { rlimits }),
    user: { ...process.user, umask: process.user.umask ?? user.umask ?? 0o022 },
  };
  return { 'process.json': toJson(inherited) };
}

// No limit is 2^64 - 1 for a runtime, a number that ours cannot hold. Within a text the quotes would be escaped.
const toJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/"(soft|hard)":-1\b/g, '"$1":18446744073709551615');

function withTerminal(process: SpecProcess, { tty, size }: Stdio): SpecProcess {
  const { terminal: _, consoleSize: __, ...rest } = process;
  if (!tty) return rest;
  return { ...rest, terminal: true, ...(size && { consoleSize: { height: size[0], width: size[1] } }) };
}

/** The file that stands for the furnished network namespace of the start in `path`. */
export const networkFile = (path: string): string => join(path, 'netns');
