import {
  chmodAt,
  chmodOf,
  chownAt,
  chownOf,
  type FileStatus,
  SystemError,
  setXattrAt,
  setXattrOf,
  statusOf,
  xattrsAt,
} from '../../host/index.ts';
import { bytesOf } from './entry-path.ts';

/** What a file is beside its contents; its times are set apart, for those of a directory come last. */
export interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  xattrs: Map<string, Uint8Array>;
}

/** Of a file by its name in a directory. */
export function setAttributes(directory: number, name: string, of: Attributes & { symlink: boolean }): void {
  const bytes = bytesOf(name);
  change(statusOf(directory, bytes), of, {
    chown: () => chownAt(directory, bytes, of),
    chmod: () => !of.symlink && chmodAt(directory, bytes, of.mode),
    setXattr: (xattr) => setXattrAt(directory, bytes, xattr),
  });
}

/** The same of an open file, which needs no name to be looked for again. */
export function setAttributesOf(fd: number, of: Attributes): void {
  change(statusOf(fd, '', true), of, {
    chown: () => chownOf(fd, of),
    chmod: () => chmodOf(fd, of.mode),
    setXattr: (xattr) => setXattrOf(fd, xattr),
  });
}

interface Setters {
  chown(): void;
  chmod(): void;
  setXattr(xattr: { name: string; value: Uint8Array }): void;
}

/**
 * Owner first (it clears the setuid bits), then mode, then attributes (a change of owner drops capabilities). Looking is cheaper than writing
 * what is there already, which it mostly is.
 */
function change({ uid, gid, mode }: FileStatus, of: Attributes, setters: Setters): void {
  const chown = uid !== of.uid || gid !== of.gid;
  if (chown) setters.chown();
  if (chown || mode !== of.mode) setters.chmod();
  for (const [name, value] of of.xattrs) {
    // An image has no say in how the overlay reads its layers, nor in what the host's policy makes of its files.
    const hosts = name.startsWith('trusted.overlay.') || name === 'security.selinux';
    if (!hosts) unlessUnknown(() => setters.setXattr({ name, value }));
  }
}

/** The attributes of a file of the layers below. */
export function attributesAt(directory: number, name: string, status: FileStatus): Attributes {
  return { ...status, xattrs: xattrsAt(directory, bytesOf(name)) };
}

/** A file system that knows no such attribute loses it, as in Docker. */
function unlessUnknown(setXattr: () => void): void {
  try {
    setXattr();
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EOPNOTSUPP')) throw error;
  }
}
