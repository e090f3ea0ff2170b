import { mkdirSync } from 'node:fs';
import { release } from 'node:os';
import { SystemError } from '../calls/errno.ts';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { closeFd, openDirectory, usingFd } from '../files/files.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_SET_FD = 5;
const FSCONFIG_CMD_CREATE = 6;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const MOUNT_ATTR_IDMAP = 0x100000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MNT_DETACH = 2;
const MS_PRIVATE = 1 << 18;
/** The longest text that fsconfig takes, and that mount takes for all options together. */
const longestValue = 255;
const longestData = 4095;
const EINVAL = 22;
const E2BIG = 7;

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

/** The parts of an overlay; all paths are relative to the directory `base`, and the container's mountinfo shows them. */
export interface OverlayParts {
  base: string;
  /** The topmost directory first. A layer may be a detached mount, whose fd stays the caller's. */
  lower: (string | number)[];
  /** A directory below `base`: kernels before 6.13 want a path for a layer that is a mount, those before 6.7 for an overlay of many. */
  attachAt?: string;
  upper?: { dir: string; work: string; volatile: boolean };
  /** The SELinux label that all its files have, whatever they have where they lie. */
  label?: string | undefined;
  /** Takes the way of kernels before 6.7 also where there is the newer one. */
  joined?: boolean;
}

/** An overlay as a detached mount; the caller closes the fd. Before Linux 6.7 the names of all layers together may have some 3,900 bytes. */
export function detachedOverlay(overlay: OverlayParts): number {
  // What a kernel's defaults could turn on, and what would make an upper hard to read or bind it to one stack for ever.
  const options: MountOption[] = ['index', 'metacopy', 'redirect_dir'].map((key): MountOption => [key, 'off']);
  if (overlay.upper) options.push(['upperdir', overlay.upper.dir], ['workdir', overlay.upper.work]);
  if (overlay.upper?.volatile) options.push(['volatile', null]);
  if (overlay.label) options.push(['context', overlay.label]);
  return within(overlay.base, () => {
    const attached = new Map<number, string>();
    try {
      if (!(overlay.joined ?? !takesSingleLayers())) return overlayOf(overlay, attached, options);
      const lowerdir = overlay.lower.map((_, index) => pathOf(overlay, index, attached)).join(':');
      const joined: MountOption[] = [['lowerdir', lowerdir], ...options];
      if (lowerdir.length > longestValue) return mountedOnce(overlay.attachAt, joined);
      return detachedMount('overlay', [['source', 'overlay'], ...joined]);
    } finally {
      for (const path of attached.values()) syscall('umount2', path, MNT_DETACH);
    }
  });
}

/** Since Linux 6.7 layers are told one by one; how many there may be is then no matter of a text's length. */
function takesSingleLayers(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat);
  return major > 6 || (major === 6 && minor >= 7);
}

function overlayOf(overlay: OverlayParts, attached: Map<number, string>, options: MountOption[]): number {
  return usingFd(syscall('fsopen', 'overlay', FSOPEN_CLOEXEC), (context) => {
    configure(context, 'source', 'overlay');
    for (const [index, layer] of overlay.lower.entries()) {
      let result = addLower(context, layer);
      if (result === -EINVAL && typeof layer === 'number') result = addLower(context, pathOf(overlay, index, attached));
      if (result < 0) throw new SystemError('fsconfig', -result, `lowerdir+=${layer}`);
    }
    for (const [key, value] of options) configure(context, key, value);
    return create(context, 'overlay', 0);
  });
}

/** By mount(2), which takes more text than fsconfig and wants a path: for this moment the mount is on it. */
function mountedOnce(directory: string | undefined, options: MountOption[]): number {
  const data = options.map(([key, value]) => (value === null ? key : `${key}=${quoted(key, value)}`)).join(',');
  if (data.length > longestData || directory === undefined)
    throw new SystemError('mount', E2BIG, 'overlay: too many layers');
  const path = `${directory}/overlay`;
  mkdirSync(path, { recursive: true });
  syscall('mount', 'overlay', path, 'overlay', 0, data);
  try {
    syscall('mount', '', path, '', MS_PRIVATE, '');
    return cloneMount(path, { recursive: false });
  } finally {
    syscall('umount2', path, MNT_DETACH);
  }
}

/** The categories of a label have commas between them. */
const quoted = (key: string, value: string): string => (key === 'context' ? `"${value}"` : value);

/** Takes away what is mounted at a path, if anything is. */
export function detachMount(path: string): void {
  trySyscall('umount2', path, MNT_DETACH);
}

/** A detached copy of the mount at `path` (with those below it when `recursive`). The caller closes the fd. */
export function cloneMount(path: string, options: { recursive: boolean }): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options.recursive ? AT_RECURSIVE : 0);
  return syscall('open_tree', AT_FDCWD, path, flags);
}

/**
 * Sets and clears MOUNT_ATTR_* bits of a mount; `propagation` is an MS_* bit or 0. Through a detached one with `idMap` (an fd of a user
 * namespace) an owner within that namespace is seen as who stands for it outside.
 */
export function setMountAttributes(
  mount: number,
  change: { set?: number; clear?: number; propagation?: number; recursive?: boolean; idMap?: number },
): void {
  const attributes = new BigUint64Array(4);
  attributes[0] = BigInt((change.set ?? 0) | (change.idMap === undefined ? 0 : MOUNT_ATTR_IDMAP));
  attributes[1] = BigInt(change.clear ?? 0);
  attributes[2] = BigInt(change.propagation ?? 0);
  attributes[3] = BigInt(change.idMap ?? 0);
  const flags = AT_EMPTY_PATH | (change.recursive ? AT_RECURSIVE : 0);
  syscall('mount_setattr', mount, '', flags, new Uint8Array(attributes.buffer), attributes.byteLength);
}

function addLower(context: number, layer: string | number): number {
  if (typeof layer === 'number') return trySyscall('fsconfig', context, FSCONFIG_SET_FD, 'lowerdir+', 0, layer);
  return trySyscall('fsconfig', context, FSCONFIG_SET_STRING, 'lowerdir+', layer, 0);
}

/** The path of a layer, on which a mount without one is attached first. */
function pathOf({ lower, attachAt }: OverlayParts, index: number, attached: Map<number, string>): string {
  const layer = lower[index];
  if (typeof layer === 'string') return layer;
  const path = attached.get(index) ?? `${attachAt}/${index}`;
  if (attached.has(index) || layer === undefined) return path;
  mkdirSync(path, { recursive: true });
  syscall('move_mount', layer, '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
  attached.set(index, path);
  return path;
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
