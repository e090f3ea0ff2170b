import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemError } from '../calls/errno.ts';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { closeFd, writeFd } from '../files/files.ts';
import { cloneMount, setMountAttributes } from '../mounts/mount.ts';

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;
const F_ADD_SEALS = 1033;
const ALL_SEALS = 1 | 2 | 4 | 8; // seal, shrink, grow, write
const EINVAL = 22;
const EACCES = 13;
const MOUNT_ATTR_RDONLY = 1;

/** Memory with this content that nobody can change any more, as a fd at offset 0. The caller closes it. */
export function sealedMemory(name: string, content: Uint8Array): number {
  return seal(create(name, MFD_NOEXEC_SEAL), content);
}

/**
 * The program as a fd to be started through /proc/PID/fd: sealed memory, or, where vm.memfd_noexec forbids that, a read-only
 * mount of a copy in `directory`. The caller closes it.
 */
export function sealedProgram(name: string, program: Uint8Array, directory: string): number {
  try {
    return seal(create(name, MFD_EXEC), program);
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== EACCES) throw error;
    return readonlyCopy(name, program, directory);
  }
}

/** The other way of sealedProgram. */
export function readonlyCopy(name: string, program: Uint8Array, directory: string): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  writeFileSync(`${path}.new`, program, { mode: 0o500 });
  renameSync(`${path}.new`, path);
  const mount = cloneMount(path, { recursive: false });
  setMountAttributes(mount, { set: MOUNT_ATTR_RDONLY });
  return mount;
}

// Kernels before 6.3 know neither of the two flags, and let every memory be executed.
function create(name: string, kind: number): number {
  const fd = trySyscall('memfd_create', name, MFD_CLOEXEC | MFD_ALLOW_SEALING | kind);
  return fd === -EINVAL ? syscall('memfd_create', name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : checked(fd);
}

function checked(fd: number): number {
  if (fd < 0) throw new SystemError('memfd_create', -fd);
  return fd;
}

function seal(fd: number, content: Uint8Array): number {
  try {
    writeFd(fd, content);
    syscall('fcntl', fd, F_ADD_SEALS, ALL_SEALS);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}
