import { closeSync, constants, openSync } from 'node:fs';
import { SystemError } from '../calls/errno.ts';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { closeFd } from '../files/files.ts';

const LOOP_CTL_GET_FREE = 0x4c82;
const LOOP_CONFIGURE = 0x4c0a;
const LO_FLAGS_READ_ONLY = 1;
const LO_FLAGS_AUTOCLEAR = 4;
const EBUSY = 16;

/**
 * A block device (`/dev/loop7`) whose blocks are the file at `path`. It lives for as long as `fd` is open or something on it is
 * mounted; the caller closes the fd.
 */
export function attachLoop(path: string, options: { readOnly: boolean }): { device: string; fd: number } {
  const { O_RDONLY, O_RDWR } = constants;
  const mode = options.readOnly ? O_RDONLY : O_RDWR;
  const file = openSync(path, mode);
  try {
    // Between asking for a free one and taking it, another program may have it.
    for (let tries = 0; tries < 64; tries++) {
      const device = freeDevice();
      const fd = openSync(device, mode);
      const result = trySyscall('ioctl', fd, LOOP_CONFIGURE, configuration(file, path, options.readOnly));
      if (result === 0) return { device, fd };
      closeFd(fd);
      if (result !== -EBUSY) throw new SystemError('ioctl', -result, device);
    }
    throw new SystemError('ioctl', EBUSY, '/dev/loop-control');
  } finally {
    closeSync(file);
  }
}

function freeDevice(): string {
  const control = openSync('/dev/loop-control', constants.O_RDWR);
  try {
    return `/dev/loop${syscall('ioctl', control, LOOP_CTL_GET_FREE, 0)}`;
  } finally {
    closeSync(control);
  }
}

/** struct loop_config: the file's fd, a block size, struct loop_info64, and room to spare. */
function configuration(file: number, path: string, readOnly: boolean): Buffer {
  const bytes = Buffer.alloc(304);
  bytes.writeUInt32LE(file, 0);
  bytes.writeUInt32LE(LO_FLAGS_AUTOCLEAR | (readOnly ? LO_FLAGS_READ_ONLY : 0), 60);
  bytes.write(path.slice(-63), 64, 63);
  return bytes;
}
