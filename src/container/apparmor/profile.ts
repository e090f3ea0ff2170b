/** The name that Docker's tools and users know, and that other engines on the host share. */
export const defaultProfileName = 'docker-default';

/** What the host's AppArmor has to include. */
export interface AppArmorFiles {
  tunables: boolean;
  abstractions: boolean;
}

/**
 * Docker's default profile as AppArmor's compiler reads it: everything but mounting, the kernel's own files, and programs of others.
 * `engine` is the profile that the engine itself runs under, whose signals its containers take.
 */
export function defaultProfile({ tunables, abstractions }: AppArmorFiles, engine: string): string {
  const lines = [
    'network,',
    'capability,',
    'file,',
    'umount,',
    ...['unconfined', 'runc', 'crun', engine].map((peer) => `signal (receive) peer=${peer},`),
    `signal (send, receive) peer=${defaultProfileName},`,
    ...denied.map((rule) => `deny ${rule},`),
    `ptrace (trace, read, tracedby, readby) peer=${defaultProfileName},`,
  ];
  return [
    tunables ? '#include <tunables/global>' : '@{PROC}=/proc/',
    `profile ${defaultProfileName} flags=(attach_disconnected, mediate_deleted) {`,
    ...(abstractions ? ['  #include <abstractions/base>'] : []),
    ...lines.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

/**
 * A pattern has no way to say "but": what is not a number, and not `sys`, is told letter by letter. Of /proc/sys only the part of
 * shared memory may be written, of /sys/fs only the cgroups.
 */
const denied = [
  '@{PROC}/* w',
  '@{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w',
  '@{PROC}/sys/[^k]** w',
  '@{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w',
  '@{PROC}/sysrq-trigger rwklx',
  '@{PROC}/kcore rwklx',
  'mount',
  ...['[^f]*', 'f[^s]*', 'fs/[^c]*', 'fs/c[^g]*', 'fs/cg[^r]*'].map((part) => `/sys/${part}/** wklx`),
  ...['firmware', 'devices/virtual/powercap', 'kernel/security'].map((part) => `/sys/${part}/** rwklx`),
];
