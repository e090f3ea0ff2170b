import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneMount } from '../../src/host/index.ts';
import type { RuntimeSpec } from '../../src/oci/index.ts';

const applets =
  'sh cat ls true false sleep echo id stty tty head yes dd kill env mount ps wc stat tail readlink tr seq touch hostname ip';

/** A root filesystem of busybox in a directory; `root()` gives it as a detached mount. */
export interface Busybox {
  directory: string;
  root(): number;
  remove(): void;
}

export function makeBusybox(): Busybox {
  const directory = mkdtempSync(join(tmpdir(), 'busybox-'));
  chmodSync(directory, 0o755);
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'private']) mkdirSync(join(directory, name));
  copyFileSync('/bin/busybox', join(directory, 'bin/busybox'));
  for (const name of applets.split(' ')) symlinkSync('busybox', join(directory, 'bin', name));
  writeFileSync(join(directory, 'etc/plain'), 'plain\n');
  writeFileSync(join(directory, 'bin/noformat'), 'nonsense', { mode: 0o755 });
  return {
    directory,
    root: () => cloneMount(directory, { recursive: false }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const names = `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE`;
const capabilities = names.split(' ').map((name) => `CAP_${name}`);

/** A spec like that of a plain `docker run`, without a seccomp profile. */
export function plainSpec(cgroup: string, args: string[]): RuntimeSpec {
  return {
    ociVersion: '1.2.0',
    process: {
      user: { uid: 0, gid: 0 },
      args,
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
      cwd: '/',
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        inheritable: [],
        ambient: [],
      },
      oomScoreAdj: 0,
    },
    root: { path: 'rootfs' },
    hostname: 'box',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
      },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=64m'],
      },
    ],
    linux: {
      namespaces: [{ type: 'mount' }, { type: 'network' }, { type: 'uts' }, { type: 'pid' }, { type: 'ipc' }],
      devices: [],
      cgroupsPath: cgroup,
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/acpi', '/proc/scsi', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}
