import { EngineError } from '../../../kit/index.ts';

/** Every capability, in the kernel's order: the index is the capability's number. */
export const capabilityNames = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

const defaults = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL ' +
  'AUDIT_WRITE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

const all = 'ALL';

/** The names with CAP_ prefix in upper case, `ALL` kept; one that this host cannot give is refused in Docker's words. */
export function normalizeCapabilities(field: 'CapAdd' | 'CapDrop', names: string[], available: string[]): string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === all) return all;
    const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!available.includes(full)) {
      const what = capabilityNames.includes(full)
        ? `capability not supported by your kernel or not available in the current environment: "${full}"`
        : `unknown capability: "${full}"`;
      throw new EngineError('invalid', `invalid ${field}: ${what}`);
    }
    return full;
  });
}

/** What a container holds in its bounding, effective and permitted sets. `available` is what the engine itself may give. */
export function containerCapabilities(
  options: { add: string[]; drop: string[]; privileged: boolean },
  available: string[],
): string[] {
  if (options.privileged) return available;
  const add = normalizeCapabilities('CapAdd', options.add, available);
  const drop = normalizeCapabilities('CapDrop', options.drop, available);
  if (add.includes(all)) return available.filter((name) => !drop.includes(name));
  if (drop.includes(all)) return [...new Set(add)];
  return [...new Set([...defaults.filter((name) => !drop.includes(name)), ...add])];
}
