import type { ContainerConfig, HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { SpecNamespace } from '../../oci/index.ts';

/** Files of the namespaces that are joined for the `container:` modes, for example `/proc/PID/ns/net`. */
export interface JoinedNamespaces {
  network?: string;
  pid?: string;
  ipc?: string;
  /** Of whom any of them is joined, where containers have ids of their own: a namespace's powers are its owner's. */
  user?: string;
}

/** Which namespaces are new and which are joined; one that is missing here is shared with the host. */
export function containerNamespaces(
  hostConfig: HostConfig,
  config: ContainerConfig,
  joined: JoinedNamespaces & { ownIds?: boolean },
): SpecNamespace[] {
  const namespaces: SpecNamespace[] = [];
  // The others belong to it.
  if (joined.ownIds) namespaces.push({ type: 'user', ...(joined.user && { path: joined.user }) });
  namespaces.push({ type: 'mount' });
  if (config.NetworkDisabled) namespaces.push({ type: 'network' });
  else add(namespaces, 'network', hostConfig.NetworkMode, joined.network);
  if (hostConfig.UTSMode !== 'host') namespaces.push({ type: 'uts' });
  add(namespaces, 'pid', hostConfig.PidMode, joined.pid);
  add(namespaces, 'ipc', hostConfig.IpcMode, joined.ipc);
  if (hostConfig.CgroupnsMode === 'private') namespaces.push({ type: 'cgroup' });
  return namespaces;
}

function add(
  namespaces: SpecNamespace[],
  type: 'network' | 'pid' | 'ipc',
  mode: string | undefined,
  path: string | undefined,
): void {
  if (mode === 'host') return;
  if (!isContainerMode(mode)) {
    namespaces.push({ type });
    return;
  }
  if (!path) throw new EngineError('internal', `no ${type} namespace was given for mode ${mode}`);
  namespaces.push({ type, path });
}

/** The mode joins another container. */
export function isContainerMode(mode: string | undefined): mode is `container:${string}` {
  return mode?.startsWith('container:') ?? false;
}
