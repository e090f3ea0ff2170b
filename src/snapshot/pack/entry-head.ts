import { type FileStatus, readLinkAt, xattrAt, xattrsAt, xattrsOf } from '../../host/index.ts';
import { encodeTarHead } from '../../oci/index.ts';
import { containerId, type IdMapping } from '../containers/owners.ts';
import type { Spot } from './tree-entries.ts';

const letters = { file: '0', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6', socket: '0' } as const;
const opaque = 'trusted.overlay.opaque';

/** An overlay's mark that the layers below have nothing at this place. */
export function isWhiteout({ kind, node }: FileStatus): boolean {
  return kind === 'char' && node[0] === 0 && node[1] === 0;
}

/** An overlay's mark on a directory that hides what the layers below have in it. */
export function isOpaque(spot: Spot): boolean {
  return xattrAt(spot.directory, spot.name, opaque)?.toString('latin1') === 'y';
}

/** The header of a file under a name of the archive; `link` makes it a hard link to that one. */
export function entryHead(of: Told): Uint8Array {
  const { spot, status, name, link, ids } = of;
  const isSymlink = status.kind === 'symlink' && link === undefined;
  return encodeTarHead({
    name: status.kind === 'directory' && !name.endsWith('/') ? `${name}/` : name,
    type: link === undefined ? letters[status.kind] : '1',
    mode: status.mode,
    uid: ids ? containerId(ids.uids, status.uid) : status.uid,
    gid: ids ? containerId(ids.gids, status.gid) : status.gid,
    size: link === undefined ? of.size : 0,
    modified: { seconds: status.modified.seconds, nanoseconds: 0 },
    linkName: isSymlink ? readLinkAt(spot.directory, spot.name).toString('latin1') : (link ?? ''),
    device: status.kind === 'char' || status.kind === 'block' ? status.node : [0, 0],
    xattrs: link === undefined ? keptXattrs(of) : new Map(),
    ...(of.elsewhere !== undefined && { elsewhere: of.elsewhere }),
  });
}

interface Told {
  spot: Spot;
  status: FileStatus;
  name: string;
  size: number;
  link: string | undefined;
  /** See TarEntry. */
  elsewhere?: string;
  /** The owner is the host's id that stands for one of these. */
  ids?: IdMapping | undefined;
  /** The file itself, open for reading. */
  fd?: number;
}

/** What belongs to the file wherever it is: capabilities, ACLs, users' attributes. */
function keptXattrs({ spot, fd, ids }: Told): Map<string, Uint8Array> {
  const found: Map<string, Uint8Array> = fd === undefined ? xattrsAt(spot.directory, spot.name) : xattrsOf(fd);
  for (const name of found.keys()) if (!isKept(name)) found.delete(name);
  const capabilities = found.get(capability);
  if (ids && capabilities) found.set(capability, unbound(capabilities));
  return found;
}

const capability = 'security.capability';

/** Capabilities that hold for the root of a user namespace alone (version 3, with its id at the end) as version 2 has them. */
function unbound(value: Uint8Array): Uint8Array {
  if (value.length !== 24) return value;
  const plain = Buffer.from(value.subarray(0, 20));
  plain[3] = 2;
  return plain;
}

function isKept(name: string): boolean {
  return name === capability || name.startsWith('user.') || name.startsWith('system.posix_acl_');
}

/** What a layer has in place of a whiteout of that name. */
export function whiteoutHead(name: string, status: Pick<FileStatus, 'uid' | 'gid' | 'modified'>): Uint8Array {
  const at = name.lastIndexOf('/') + 1;
  return emptyFile(`${name.slice(0, at)}.wh.${name.slice(at)}`, { ...status, mode: 0o600 });
}

/** What a layer has in an opaque directory. */
export function opaqueHead(directory: string, status: FileStatus): Uint8Array {
  return emptyFile(`${directory}/.wh..wh..opq`, status);
}

function emptyFile(name: string, of: Pick<FileStatus, 'mode' | 'uid' | 'gid' | 'modified'>): Uint8Array {
  const { mode, uid, gid, modified } = of;
  const plain = { type: '0', size: 0, linkName: '', device: [0, 0] as [number, number] };
  return encodeTarHead({ ...plain, name, mode, uid, gid, modified: { seconds: modified.seconds, nanoseconds: 0 } });
}
