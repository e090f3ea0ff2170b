import { constants } from 'node:fs';
import { trySyscall } from '../calls/syscall.ts';
import { openDirectory, openIn, usingFd } from './files.ts';

const GETFLAGS = 0x80086601;
const SETFLAGS = 0x40086602;
const TOPDIR = 0x20000;

/**
 * Tells the file system that the directories made in this one have nothing to do with each other, so that each gets a place of its own
 * on the disk. ext4 otherwise puts a new tree where others were just removed, and looks at each inode of theirs for every file it makes.
 * A mere hint: a file system that knows no such thing is left as it is.
 */
export function spreadDirectories(path: string): void {
  const flags = Buffer.alloc(8);
  const readable = usingFd(openDirectory(path), (fd) => openIn(fd, '.', constants.O_RDONLY | constants.O_DIRECTORY));
  usingFd(readable, (fd) => {
    if (trySyscall('ioctl', fd, GETFLAGS, flags) < 0) return;
    flags.writeUInt32LE((flags.readUInt32LE(0) | TOPDIR) >>> 0, 0);
    trySyscall('ioctl', fd, SETFLAGS, flags);
  });
}
