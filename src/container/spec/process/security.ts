import type { HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';
import { defaultProfileName } from '../../apparmor/profile.ts';
import type { HostFacts } from '../facts.ts';

/** `--security-opt`, read. */
export interface SecurityOptions {
  noNewPrivileges: boolean;
  /** `builtin`, `unconfined` or a profile's JSON text. */
  seccomp: string;
  apparmor?: string;
  writableCgroups?: boolean;
  /** What the options say of SELinux labels: `disable`, `type:…`. Where that is off, Docker takes any, and none has a meaning. */
  labels: string[];
}

/** Reads HostConfig.SecurityOpt; refuses what it does not know in Docker's words, and what this host cannot give. */
export function parseSecurityOptions(hostConfig: HostConfig, facts: HostFacts): SecurityOptions {
  const { noNewPrivileges = false, seccomp } = facts.defaults ?? {};
  const options: SecurityOptions = { noNewPrivileges, seccomp: '', labels: [] };
  for (const entry of hostConfig.SecurityOpt ?? []) parseEntry(entry, options, facts);
  if (hostConfig.Privileged && options.seccomp === '') options.seccomp = 'unconfined';
  if (options.seccomp === '') options.seccomp = seccomp?.profile ?? 'builtin';
  return options;
}

function parseEntry(entry: string, options: SecurityOptions, facts: HostFacts): void {
  if (entry === 'no-new-privileges') {
    options.noNewPrivileges = true;
    return;
  }
  if (entry === 'writable-cgroups') {
    options.writableCgroups = true;
    return;
  }
  if (entry === 'disable') {
    options.labels.push(entry);
    return;
  }
  const separator = entry.includes('=') ? '=' : ':';
  const at = entry.indexOf(separator);
  if (at < 0) throw new EngineError('internal', `invalid --security-opt 1: ${JSON.stringify(entry)}`);
  const value = entry.slice(at + 1);
  switch (entry.slice(0, at)) {
    case 'no-new-privileges':
      options.noNewPrivileges = boolean(value, entry);
      return;
    case 'writable-cgroups':
      if (!/^(true|false)$/.test(value)) throw invalidEntry(entry);
      options.writableCgroups = value === 'true';
      return;
    case 'seccomp':
      options.seccomp = value;
      return;
    case 'apparmor':
      options.apparmor = checkedProfile(value, facts);
      return;
    case 'label':
      options.labels.push(value);
      return;
    default:
      throw invalidEntry(entry);
  }
}

const invalidEntry = (entry: string): EngineError =>
  new EngineError('internal', `invalid --security-opt 2: ${JSON.stringify(entry)}`);

function boolean(value: string, entry: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw invalidEntry(entry);
}

function checkedProfile(profile: string, facts: HostFacts): string {
  if (!facts.apparmor && !['', 'unconfined', 'docker-default'].includes(profile)) {
    throw new EngineError('unsupported', `--security-opt apparmor=${profile}: AppArmor is not enabled on this host`);
  }
  return profile;
}

/** The AppArmor profile that a container runs under; '' where the host has no AppArmor. */
export function apparmorOf(hostConfig: HostConfig, facts: HostFacts): string {
  if (!facts.apparmor) return '';
  const { apparmor } = parseSecurityOptions(hostConfig, facts);
  return apparmor || (hostConfig.Privileged ? 'unconfined' : defaultProfileName);
}

/** Docker's masked paths; each CPU's thermal_throttle directory is masked as well where it exists. */
export function defaultMaskedPaths(facts: HostFacts): string[] {
  const inProc = 'asound acpi interrupts kcore keys latency_stats timer_list timer_stats sched_debug scsi'.split(' ');
  return [
    ...inProc.map((name) => `/proc/${name}`),
    ...facts.thermalThrottle,
    '/sys/firmware',
    '/sys/devices/virtual/powercap',
  ];
}

/** Docker's read-only paths. */
export function defaultReadonlyPaths(): string[] {
  return ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);
}
