import type { SystemInfo } from '../../api/index.ts';
import { olderThan } from '../../api/index.ts';

/** `/info` as a client of that version expects it. */
export function shapeInfo(info: SystemInfo, version: string): Record<string, unknown> {
  const shaped: Record<string, unknown> = { ...info };
  if (olderThan(version, '1.50')) Object.assign(shaped, { BridgeNfIptables: false, BridgeNfIp6tables: false });
  if (olderThan(version, '1.49')) delete shaped.FirewallBackend;
  if (olderThan(version, '1.46')) delete shaped.Containerd;
  if (olderThan(version, '1.42')) shaped.KernelMemory = false;
  if (olderThan(version, '1.25')) shaped.SecurityOptions = (info.SecurityOptions ?? []).map(legacyOption);
  return shaped;
}

/** `name=seccomp,profile=builtin` was once `seccomp`. */
function legacyOption(option: string): string {
  return /^name=([^,]+)/.exec(option)?.[1] ?? option;
}
