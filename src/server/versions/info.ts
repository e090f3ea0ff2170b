import type { SystemInfo } from '../../api/index.ts';
import { olderThan } from '../../api/index.ts';

/** `/info` as a client of that version expects it. */
export function shapeInfo(info: SystemInfo, version: string): Record<string, unknown> {
  const before = (limit: string) => olderThan(version, limit);
  const shaped: Record<string, unknown> = { ...info };
  if (before('1.50')) {
    Object.assign(shaped, { BridgeNfIptables: false, BridgeNfIp6tables: false });
    delete shaped.DiscoveredDevices;
  }
  if (before('1.49')) {
    delete shaped.FirewallBackend;
    for (const name of commits) shaped[name] = { ...info[name], Expected: info[name]?.ID ?? '' };
  }
  if (before('1.47')) shaped.RegistryConfig = { ...info.RegistryConfig, ...formerRegistryFields };
  if (before('1.46')) delete shaped.Containerd;
  if (before('1.44')) shaped.Runtimes = withoutStatus(info.Runtimes);
  if (before('1.25')) shaped.SecurityOptions = (info.SecurityOptions ?? []).map(legacyOption);
  return shaped;
}

const commits = ['ContainerdCommit', 'RuncCommit', 'InitCommit'] as const;
const formerRegistryFields = {
  AllowNondistributableArtifactsCIDRs: null,
  AllowNondistributableArtifactsHostnames: null,
};

function withoutStatus(runtimes: SystemInfo['Runtimes'] = {}): SystemInfo['Runtimes'] {
  return Object.fromEntries(Object.entries(runtimes).map(([name, { status: _status, ...runtime }]) => [name, runtime]));
}

/** `name=seccomp,profile=builtin` was once `seccomp`. */
function legacyOption(option: string): string {
  return /^name=([^,]+)/.exec(option)?.[1] ?? option;
}
