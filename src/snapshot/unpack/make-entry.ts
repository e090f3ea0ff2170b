import { makeNodeAt, makeSymlinkAt, setTimesAt } from '../../host/index.ts';
import type { TarEntry } from '../../oci/index.ts';
import { setAttributes } from './attributes.ts';
import { bytesOf } from './entry-path.ts';
import { type Fill, makeFile } from './make-file.ts';

/**
 * Makes a file, symlink, device node or fifo of an archive under a name (a byte string) of an open directory, with owner, mode,
 * attributes and times. The name must be free; `path` is how an error names it. `fill` puts a file's contents there in the archive's stead.
 */
export async function makeEntry(
  at: { directory: number; name: string; path: string },
  entry: TarEntry,
  fill?: Fill,
): Promise<void> {
  const { directory, name } = at;
  if (entry.type === 'file') return makeFile(at, entry, fill);
  const bytes = bytesOf(name);
  if (entry.type === 'symlink') makeSymlinkAt(directory, bytes, bytesOf(entry.linkName));
  else if (entry.type === 'fifo') makeNodeAt(directory, bytes, { kind: 'fifo', mode: 0o600, device: [0, 0] });
  else if (entry.type === 'char' || entry.type === 'block') {
    makeNodeAt(directory, bytes, { kind: entry.type, mode: 0o600, device: entry.device });
  }
  setAttributes(directory, name, { ...entry, symlink: entry.type === 'symlink' });
  setTimesAt(directory, bytes, entry.modified);
}
