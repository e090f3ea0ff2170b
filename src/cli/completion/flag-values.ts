import type { Context } from '../command.ts';
import { namesOf, type Thing } from './names.ts';
import type { Suggestions } from './suggestions.ts';

/** Flags whose value is a name. */
const things: Record<string, Thing> = {
  context: 'context',
  from: 'context',
  network: 'network',
  net: 'network',
  'config-from': 'network',
  'volumes-from': 'container',
  link: 'container',
};

const capabilities =
  'ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM'
    .split(' ')
    .map((name) => (name === 'ALL' ? name : `CAP_${name}`));

/** Flags whose value is one of a few words. */
const choices: Record<string, string[]> = {
  attach: ['stderr', 'stdin', 'stdout'],
  'cap-add': capabilities,
  'cap-drop': capabilities,
  cgroupns: ['host', 'private'],
  ipc: ['host', 'none', 'private', 'shareable'],
  'log-level': ['debug', 'info', 'warn', 'error', 'fatal', 'panic'],
  pid: ['host'],
  platform: [
    'linux/386',
    'linux/amd64',
    'linux/arm/v7',
    'linux/arm64',
    'linux/ppc64le',
    'linux/riscv64',
    'linux/s390x',
  ],
  pull: ['always', 'missing', 'never'],
  restart: ['no', 'always', 'on-failure', 'unless-stopped'],
  signal: 'SIGHUP SIGINT SIGQUIT SIGKILL SIGUSR1 SIGUSR2 SIGTERM SIGCONT SIGSTOP SIGWINCH'.split(' '),
  'stop-signal': 'SIGHUP SIGINT SIGQUIT SIGKILL SIGUSR1 SIGUSR2 SIGTERM SIGCONT SIGSTOP SIGWINCH'.split(' '),
  type: ['config', 'container', 'image', 'network', 'node', 'plugin', 'secret', 'service', 'task', 'volume'],
  uts: ['host'],
};

/** What the value of a flag may be: names, a few words, variables, or else a file. */
export async function flagValues(
  name: string,
  { context, path }: { context: Context; path: string },
): Promise<Suggestions> {
  const thing = Object.hasOwn(things, name) ? things[name] : undefined;
  const isLink = name === 'link' && !path.includes('connect') && !/(run|create)$/.test(path);
  if (thing && !isLink) return suggestions(await namesOf(thing, context));
  if (name === 'env') return suggestions(Object.keys(context.env));
  const words = Object.hasOwn(choices, name) ? choices[name] : undefined;
  return words ? suggestions(words) : { names: [], files: true };
}

function suggestions(words: string[]): Suggestions {
  return { names: words.map((word): [string] => [word]), files: false };
}
