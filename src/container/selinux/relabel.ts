import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import {
  closeFd,
  O_PATH,
  openDirectory,
  openDirectoryAt,
  openIn,
  SystemError,
  setXattrAt,
  statusOf,
  usingFd,
  walk,
  xattrAt,
} from '../../host/index.ts';
import { EngineError, systemWords } from '../../kit/index.ts';

const attribute = 'security.selinux';

/** What belongs to the whole machine: with a container's label most of it would not work any more. */
const system =
  '/ /bin /boot /dev /etc /etc/passwd /etc/pki /etc/shadow /home /lib /lib64 /media /opt /proc /root /run /sbin /srv /sys /tmp ' +
  '/usr /var /var/lib /var/log';

/**
 * Labels a file, or a directory and all below it, itself last; no symlink below is followed. Paths of the system, and the home of
 * whoever started the engine, are refused in go-selinux's words. A file system without labels is left as it is.
 */
export async function relabel(path: string, label: string): Promise<void> {
  const real = realpathSync(path);
  if (isSystem(real)) throw new EngineError('internal', `SELinux relabeling of ${real} is not allowed`);
  // A container that can write somewhere on the way must not lead this elsewhere by a symlink.
  const parent = usingFd(openDirectory('/'), (root) => openIn(root, dirname(real), O_PATH, { noSymlinks: true }));
  try {
    await labelTree(parent, basename(real), label);
  } finally {
    closeFd(parent);
  }
}

/** The same for an open directory whose own label is that of all below it, as this leaves it. */
export async function relabelOnce(directory: number, label: string): Promise<void> {
  if (labelOf(directory, '.') !== label) await labelTree(directory, '.', label);
}

async function labelTree(parent: number, name: string, label: string): Promise<void> {
  try {
    if (statusOf(parent, name).kind === 'directory') await labelBelow(openDirectoryAt(parent, name), label);
    setLabel(parent, name, label);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EOPNOTSUPP')) throw error;
  }
}

async function labelBelow(directory: number, label: string): Promise<void> {
  try {
    for await (const { parent, name } of walk(directory)) setLabel(parent, name, label);
  } finally {
    closeFd(directory);
  }
}

function setLabel(directory: number, name: Buffer | string, label: string): void {
  if (labelOf(directory, name) === label) return;
  try {
    setXattrAt(directory, name, { name: attribute, value: Buffer.from(label) });
  } catch (error) {
    if (!(error instanceof SystemError) || error.code === 'EOPNOTSUPP') throw error;
    // It may be removed meanwhile.
    if (error.code === 'ENOENT') return;
    const path = `${readlinkSync(`/proc/self/fd/${directory}`)}/${name}`;
    const why = systemWords(error.errno, error.code);
    throw new EngineError('internal', `lsetxattr(label=${label}) ${path}: ${why}`, error);
  }
}

const labelOf = (directory: number, name: Buffer | string): string | undefined =>
  xattrAt(directory, name, attribute)?.toString('latin1').replace(/\0$/, '');

function isSystem(path: string): boolean {
  return system.split(' ').includes(path) || path === process.env.HOME || path === homeOf(process.env.SUDO_USER);
}

function homeOf(user: string | undefined): string | undefined {
  if (!user) return undefined;
  const rows = readFileSync('/etc/passwd', 'utf8').split('\n');
  return rows.map((row) => row.split(':')).find(([name]) => name === user)?.[5];
}
