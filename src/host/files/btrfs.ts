import { constants, statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { syscall } from '../calls/syscall.ts';
import { openDirectory, openIn, usingFd } from './files.ts';

const SUBVOL_CREATE = 0x5000940e;
const SNAP_DESTROY = 0x5000940f;
const SNAP_CREATE_V2 = 0x50009417;
const ARGUMENTS = 4096;
const BTRFS = 0x9123683e;

/** Whether the file system at `path` is btrfs. */
export function isBtrfs(path: string): boolean {
  return statfsSync(path).type === BTRFS;
}

/** Makes an empty subvolume. */
export function makeSubvolume(path: string): void {
  onParent(path, (fd, name) => syscall('ioctl', fd, SUBVOL_CREATE, argumentsOf({ name, nameAt: 8 })));
}

/** Makes a writable snapshot of the subvolume `from`, on the same file system. */
export function snapshotSubvolume(from: string, to: string): void {
  onDirectory(from, (source) =>
    onParent(to, (fd, name) => syscall('ioctl', fd, SNAP_CREATE_V2, argumentsOf({ name, nameAt: 56, source }))),
  );
}

/** Removes a subvolume with all that is in it; its room is freed by the file system in the background. */
export function removeSubvolume(path: string): void {
  onParent(path, (fd, name) => syscall('ioctl', fd, SNAP_DESTROY, argumentsOf({ name, nameAt: 8 })));
}

function argumentsOf({ name, nameAt, source = 0 }: { name: string; nameAt: number; source?: number }): Buffer {
  const bytes = Buffer.alloc(ARGUMENTS);
  bytes.writeBigInt64LE(BigInt(source), 0);
  bytes.write(name, nameAt);
  return bytes;
}

function onParent(path: string, work: (fd: number, name: string) => void): void {
  onDirectory(dirname(path), (fd) => work(fd, basename(path)));
}

function readable(directory: number): number {
  return openIn(directory, '.', constants.O_RDONLY | constants.O_DIRECTORY);
}

function onDirectory(path: string, work: (fd: number) => void): void {
  usingFd(usingFd(openDirectory(path), readable), work);
}
