import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { trySyscall } from '../calls/syscall.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Opens the file (made if missing, 0644) and locks it until the fd is closed or the process ends; undefined while another
 * process holds it. The caller closes the fd.
 */
export function lockFile(path: string): number | undefined {
  for (;;) {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    if (trySyscall('flock', fd, LOCK_EX | LOCK_NB) < 0) {
      closeSync(fd);
      return undefined;
    }
    // Who held it before may have removed it just now.
    if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) return fd;
    closeSync(fd);
  }
}

const F_OFD_SETLK = 37;
const F_WRLCK = 1;

/**
 * Locks an open file (for writing) by a lock of its description's own, which a process that locks the same way respects, until the fd
 * is closed; false while another holds one.
 */
export function lockOpenFile(fd: number): boolean {
  // struct flock over the whole file, as on every 64-bit Linux.
  const whole = Buffer.alloc(32);
  whole.writeInt16LE(F_WRLCK, 0);
  return trySyscall('fcntl', fd, F_OFD_SETLK, whole) === 0;
}
