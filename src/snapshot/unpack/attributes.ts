import { chmodAt, chownAt, type FileStatus, SystemError, setXattrAt, statusOf, xattrsAt } from '../../host/index.ts';
import { bytesOf } from './entry-path.ts';

/** What a file is beside its contents; its times are set apart, for those of a directory come last. */
export interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  xattrs: Map<string, Uint8Array>;
}

/** Owner first (it clears the setuid bits), then mode, then attributes (a change of owner drops capabilities). */
export function setAttributes(directory: number, name: string, of: Attributes & { symlink: boolean }): void {
  const bytes = bytesOf(name);
  // Looking is cheaper than writing what is there already, which it mostly is.
  const { uid, gid, mode } = statusOf(directory, bytes);
  const chown = uid !== of.uid || gid !== of.gid;
  if (chown) chownAt(directory, bytes, of);
  if (!of.symlink && (chown || mode !== of.mode)) chmodAt(directory, bytes, of.mode);
  for (const [xattr, value] of of.xattrs) {
    // An image has no say in how the overlay reads its layers.
    if (xattr.startsWith('trusted.overlay.')) continue;
    setXattr(directory, bytes, { name: xattr, value });
  }
}

/** The attributes of a file of the layers below. */
export function attributesAt(directory: number, name: string, status: FileStatus): Attributes {
  return { ...status, xattrs: xattrsAt(directory, bytesOf(name)) };
}

/** A file system that knows no such attribute loses it, as in Docker. */
function setXattr(directory: number, name: Buffer, xattr: { name: string; value: Uint8Array }): void {
  try {
    setXattrAt(directory, name, xattr);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EOPNOTSUPP')) throw error;
  }
}
