import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { closeFd, statFd } from '../files/files.ts';

const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MNT_DETACH = 2;
const AT_REMOVEDIR = 0x200;
const AT_FDCWD = -100;

/** Paths of the host at which something is mounted for the time of a start, because a bind mount wants a path. */
export interface MountPlaces {
  /** What an fd stands for; the fd stays the caller's. */
  bind(fd: number): string;
  /** A detached mount; its fd is closed. */
  attach(fd: number): string;
  release(): void;
}

/** Places in a directory (made 0700), named after `id`, which nobody else has there. */
export function createMountPlaces(directory: string, id: string): MountPlaces {
  const made: string[] = [];
  const place = (kind: 'file' | 'directory'): string => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${id}.${made.length}`);
    made.push(path);
    if (kind === 'directory') mkdirSync(path);
    else writeFileSync(path, '');
    return path;
  };
  return {
    bind(fd) {
      const path = place(statFd(fd).kind === 'directory' ? 'directory' : 'file');
      syscall('mount', `/proc/self/fd/${fd}`, path, '', MS_BIND | MS_REC, '');
      return path;
    },
    attach(fd) {
      try {
        const path = place(statFd(fd).kind === 'directory' ? 'directory' : 'file');
        syscall('move_mount', fd, '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
        return path;
      } finally {
        closeFd(fd);
      }
    },
    release: () => {
      for (const path of made.splice(0).toReversed()) dismantle(path);
    },
  };
}

/** Takes away what an engine that was killed left mounted in such a directory. */
export function sweepMountPlaces(directory: string): void {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return;
  }
  for (const name of names.toSorted().toReversed()) dismantle(join(directory, name));
}

function dismantle(path: string): void {
  trySyscall('umount2', path, MNT_DETACH);
  // Not recursively: should it still be mounted, nothing in it may go.
  try {
    rmSync(path, { force: true, recursive: false });
  } catch {
    trySyscall('unlinkat', AT_FDCWD, path, AT_REMOVEDIR);
  }
}
