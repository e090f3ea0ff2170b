import { SystemError } from './errno.ts';
import { closeFd, openDirectory, usingFd } from './files.ts';
import { syscall, trySyscall } from './syscall.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const EINVAL = 22;

/** An option of a filesystem: a key with a text, or a flag (`null`). */
export type MountOption = [key: string, value: string | null];

/**
 * A new filesystem as a detached mount: on no path, gone when its fd is closed unless somebody attached it.
 * `attributes` are MOUNT_ATTR_* bits. The caller closes the fd, which is O_CLOEXEC.
 */
export function detachedMount(type: string, options: MountOption[], attributes = 0): number {
  return usingFd(syscall('fsopen', type, FSOPEN_CLOEXEC), (context) => {
    for (const [key, value] of options) configure(context, key, value);
    return create(context, type, attributes);
  });
}

/**
 * An overlay as a detached mount. `lower` has the topmost directory first. All paths are relative to the directory `base`:
 * the kernel takes at most 255 bytes a path, and the container's mountinfo shows them. `joined` takes the way of kernels
 * before 6.7 also where there is the newer one.
 */
export function detachedOverlay(overlay: {
  base: string;
  lower: string[];
  upper?: { dir: string; work: string; volatile: boolean };
  joined?: boolean;
}): number {
  // What a kernel's defaults could turn on, and what would make an upper hard to read or bind it to one stack for ever.
  const options: MountOption[] = [
    ['source', 'overlay'],
    ...['index', 'metacopy', 'redirect_dir'].map((key): MountOption => [key, 'off']),
  ];
  if (overlay.upper) options.push(['upperdir', overlay.upper.dir], ['workdir', overlay.upper.work]);
  if (overlay.upper?.volatile) options.push(['volatile', null]);
  return within(overlay.base, () =>
    usingFd(syscall('fsopen', 'overlay', FSOPEN_CLOEXEC), (context) => {
      if (overlay.joined) configure(context, 'lowerdir', overlay.lower.join(':'));
      else configureLower(context, overlay.lower);
      for (const [key, value] of options) configure(context, key, value);
      return create(context, 'overlay', 0);
    }),
  );
}

/** A detached copy of the mount at `path` (with those below it when `recursive`). The caller closes the fd. */
export function cloneMount(path: string, options: { recursive: boolean }): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options.recursive ? AT_RECURSIVE : 0);
  return syscall('open_tree', AT_FDCWD, path, flags);
}

/** Sets and clears MOUNT_ATTR_* bits of a mount; `propagation` is an MS_* bit or 0. */
export function setMountAttributes(
  mount: number,
  change: { set?: number; clear?: number; propagation?: number; recursive?: boolean },
): void {
  const attributes = new BigUint64Array(4);
  attributes[0] = BigInt(change.set ?? 0);
  attributes[1] = BigInt(change.clear ?? 0);
  attributes[2] = BigInt(change.propagation ?? 0);
  const flags = AT_EMPTY_PATH | (change.recursive ? AT_RECURSIVE : 0);
  syscall('mount_setattr', mount, '', flags, new Uint8Array(attributes.buffer), attributes.byteLength);
}

/** Kernels before 6.7 do not know `lowerdir+` and take all the layers in one text of 255 bytes. */
function configureLower(context: number, lower: string[]): void {
  for (const [index, dir] of lower.entries()) {
    const result = trySyscall('fsconfig', context, FSCONFIG_SET_STRING, 'lowerdir+', dir, 0);
    if (result === -EINVAL && index === 0) {
      configure(context, 'lowerdir', lower.join(':'));
      return;
    }
    if (result < 0) throw new SystemError('fsconfig', -result, `lowerdir+=${dir}`);
  }
}

function configure(context: number, key: string, value: string | null): void {
  const command = value === null ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
  const result = trySyscall('fsconfig', context, command, key, value ?? 0, 0);
  if (result < 0) throw new SystemError('fsconfig', -result, value === null ? key : `${key}=${value}`);
}

function create(context: number, type: string, attributes: number): number {
  const result = trySyscall('fsconfig', context, FSCONFIG_CMD_CREATE, 0, 0, 0);
  if (result < 0) throw new SystemError('fsconfig', -result, [type, reasonOf(context)].filter(Boolean).join(': '));
  return syscall('fsmount', context, FSMOUNT_CLOEXEC, attributes);
}

/** The kernel's own words, which it queues on the context. */
function reasonOf(context: number): string {
  const buffer = Buffer.alloc(1024);
  const length = trySyscall('read', context, buffer, buffer.length);
  return length > 0 ? buffer.toString('utf8', 0, length).trim() : '';
}

/** Runs `work` with another working directory. It is synchronous: nothing else of this process sees the change. */
function within<T>(directory: string, work: () => T): T {
  const before = openDirectory('.');
  try {
    usingFd(openDirectory(directory), (fd) => syscall('fchdir', fd));
    return work();
  } finally {
    syscall('fchdir', before);
    closeFd(before);
  }
}
