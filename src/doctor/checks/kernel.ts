import type { Check, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

/** Debian 12's. */
const oldest = [6, 1] as const;

const needed: [namespace: string, option: string][] = [
  ['cgroup', 'CONFIG_CGROUPS'],
  ['ipc', 'CONFIG_IPC_NS'],
  ['mnt', 'CONFIG_NAMESPACES'],
  ['net', 'CONFIG_NET_NS'],
  ['pid', 'CONFIG_PID_NS'],
  ['uts', 'CONFIG_UTS_NS'],
];

/** What the kernel must be able to do. */
export const kernel: Check = (host) => {
  const release = host.read('/proc/sys/kernel/osrelease')?.trim() ?? '';
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  const old = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  return [
    ...symptom(old, {
      id: 'kernel-version',
      gravity: 'error',
      text: `the kernel is ${release || 'unknown'}, older than ${oldest.join('.')}`,
      mend: 'boot a newer kernel',
    }),
    ...needed.flatMap(([name, option]) =>
      symptom(!host.exists(`/proc/self/ns/${name}`), {
        id: `namespace-${name}`,
        gravity: 'error',
        text: `the kernel has no ${name} namespaces`,
        mend: `boot a kernel with ${option}=y`,
      }),
    ),
    ...userNamespaces(host),
    ...symptom(!host.exists('/proc/sys/kernel/seccomp/actions_avail'), {
      id: 'seccomp',
      gravity: 'error',
      text: 'the kernel has no seccomp filters: containers with a profile do not start',
      mend: 'boot a kernel with CONFIG_SECCOMP_FILTER=y, or run the engine with --seccomp-profile unconfined',
    }),
  ];
};

function userNamespaces(host: Parameters<Check>[0]): Symptom[] {
  const most = host.read('/proc/sys/user/max_user_namespaces')?.trim();
  return symptom(most === undefined || most === '0', {
    id: 'namespace-user',
    gravity: 'note',
    text: 'there are no user namespaces: --userns and userns-remap do not work',
    mend: most === '0' ? 'sysctl -w user.max_user_namespaces=65536' : 'boot a kernel with CONFIG_USER_NS=y',
  });
}
