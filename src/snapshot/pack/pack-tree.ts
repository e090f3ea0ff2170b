import { constants } from 'node:fs';
import { closeFd, type FileStatus, openIn, readAside, SystemError, statFd, syscall } from '../../host/index.ts';
import { tarEnd, tarPadding } from '../../oci/index.ts';
import type { IdMapping } from '../containers/owners.ts';
import { entryHead, isOpaque, isWhiteout, opaqueHead, whiteoutHead } from './entry-head.ts';
import { type Instead, type Spot, type TreeEntry, treeEntries } from './tree-entries.ts';

export interface PackOptions {
  /** What is packed, with all below it. */
  from: Spot;
  /** Its name in the archive: a byte string. '' leaves itself out, and names what is below relative to it. */
  as: string;
  /** The tree is an overlay's upper directory: its marks become those of layers. */
  whiteouts?: boolean;
  instead?: Instead;
  /** Owners are the host's ids that stand for these. */
  ids?: IdMapping;
  handOver?: HandOver;
  /** What is yielded is good until the next is asked for: its memory is used again. Otherwise all is the taker's own. */
  reuse?: boolean;
}

/** Files whose data goes another way than in the archive, which has in its stead their size (`elsewhere`) and an answer. */
export interface HandOver {
  /** From so many bytes on. */
  from: number;
  /** How long an answer of `send` is. */
  answerSize: number;
  /** Called once the file's header has been taken; resolves when the data is where it belongs. The fd stays the caller's. */
  send(fd: number): Promise<Uint8Array>;
}

/** What is gathered before it goes out; others get their turn then. */
const fullAt = 256 << 10;
/** A file up to this is read at once, a longer one in pieces, in another thread. */
const small = 64 << 10;
const piece = 1 << 20;

/**
 * A tree as a tar archive, in the order of the names' bytes. No symlink is followed and no file is held in memory; what vanishes
 * meanwhile is left out, and so are sockets, as in Docker. Times are whole seconds. The caller keeps `from` open.
 */
export async function* packTree(options: PackOptions): AsyncGenerator<Uint8Array> {
  const links = new Map<string, string>();
  const memory = pieceMemory(options.reuse);
  let waiting: Uint8Array[] = [];
  let size = 0;
  const add = (bytes: Uint8Array): void => {
    waiting.push(bytes);
    size += bytes.length;
  };
  const take = (): Buffer => {
    const bytes = Buffer.concat(waiting, size);
    waiting = [];
    size = 0;
    return bytes;
  };
  for (const entry of treeEntries(options.from, options.instead)) {
    const large = packEntry(options, { entry, links, add });
    if (large !== undefined) yield take();
    if (large !== undefined) yield* dataOf({ ...options, memory }, large, add);
    if (size < fullAt) continue;
    yield take();
    await new Promise(setImmediate);
  }
  add(tarEnd);
  yield take();
}

interface Large {
  fd: number;
  size: number;
}

interface Packing {
  entry: TreeEntry;
  links: Map<string, string>;
  add: (bytes: Uint8Array) => void;
}

/**
 * Adds an entry, with its data if that is little; otherwise returns the open file, whose data comes next. What is no longer what it
 * was a moment ago is left out.
 */
function packEntry(options: PackOptions, packing: Packing): Large | undefined {
  try {
    return packPresent(options, packing);
  } catch (error) {
    if (gone.includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

/** What calls say of a file that became another one; EINVAL is readlink's. */
const gone = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'ENXIO', 'ENODATA'];

function packPresent(options: PackOptions, packing: Packing): Large | undefined {
  const { entry, links, add } = packing;
  const { status, spot } = entry;
  const name = nameIn(options, entry.path);
  if (status.kind === 'socket' || name === '') return undefined;
  if (options.whiteouts && isWhiteout(status)) {
    add(whiteoutHead(name, status));
    return undefined;
  }
  const key = status.kind !== 'directory' && status.links > 1 ? keyOf(status) : undefined;
  const link = key === undefined ? undefined : links.get(key);
  if (link !== undefined) {
    add(entryHead({ spot, status, name, size: 0, link, ids: options.ids }));
    return undefined;
  }
  if (key !== undefined) links.set(key, name);
  try {
    if (status.kind === 'file') return packFile(options, packing, name);
    add(entryHead({ spot, status, name, size: 0, link: undefined, ids: options.ids }));
  } catch (error) {
    if (key !== undefined) links.delete(key);
    throw error;
  }
  if (options.whiteouts && status.kind === 'directory' && isOpaque(spot)) add(opaqueHead(name, status));
  return undefined;
}

function keyOf({ device, inode }: FileStatus): string {
  return `${device.join(':')}:${inode}`;
}

function nameIn({ as }: PackOptions, path: string): string {
  if (as === '' || path === '') return as === '' ? path : as;
  return as.endsWith('/') ? `${as}${path}` : `${as}/${path}`;
}

function packFile(options: PackOptions, { entry, add }: Packing, name: string): Large | undefined {
  const { spot, status } = entry;
  const as = { name, ids: options.ids };
  if (status.size === 0) {
    add(entryHead({ spot, status, ...as, size: 0, link: undefined }));
    return undefined;
  }
  // What became a fifo meanwhile must not be waited for.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const fd = openIn(spot.directory, spot.name, flags, { noSymlinks: true });
  let kept = false;
  try {
    const now = statFd(fd);
    if (now.kind !== 'file') throw new SystemError('open', 2);
    add(entryHead({ spot, status: now, fd, ...as, ...told(options, now.size), link: undefined }));
    kept = now.size > small;
    if (kept) return { fd, size: now.size };
    if (now.size > 0) add(smallData(fd, now.size));
    return undefined;
  } finally {
    if (!kept) closeFd(fd);
  }
}

/** The data with its padding; what is no longer there is zeros, as the header has told the size. */
function smallData(fd: number, size: number): Buffer {
  const bytes = Buffer.alloc(size + tarPadding(size));
  for (let at = 0; at < size; ) {
    const count = syscall('read', fd, bytes.subarray(at, size), size - at);
    if (count === 0) break;
    at += count;
  }
  return bytes;
}

/** The next piece is read while this one goes out. */
async function* largeData(
  { fd, size }: Large,
  memory: (most: number) => Buffer,
  add: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const readPiece = (at: number) => pieceOf(fd, at, memory(size - at));
  let coming = readPiece(0);
  try {
    for (let at = 0; at < size; ) {
      const bytes = await coming;
      at += bytes.length;
      if (at < size) coming = readPiece(at);
      // It may fail before anybody waits for it.
      coming.catch(() => undefined);
      yield bytes;
    }
  } finally {
    await coming.catch(() => undefined);
    closeFd(fd);
  }
  add(new Uint8Array(tarPadding(size)));
}

/** A large file's data, or what stands for it; with padding. The fd is closed. */
async function* dataOf(
  { handOver, memory }: Pick<PackOptions, 'handOver'> & { memory: (most: number) => Buffer },
  large: Large,
  add: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  if (!handOver || large.size < handOver.from) {
    yield* largeData(large, memory, add);
    return;
  }
  try {
    yield await handOver.send(large.fd);
  } finally {
    closeFd(large.fd);
  }
  add(new Uint8Array(tarPadding(handOver.answerSize)));
}

/** What a header says of a file's size. */
function told({ handOver }: PackOptions, size: number): { size: number; elsewhere?: string } {
  if (!handOver || size < handOver.from) return { size };
  return { size: handOver.answerSize, elsewhere: String(size) };
}

/** What pieces are read into, for at most so many bytes: new memory each time, or two that take turns. */
function pieceMemory(reuse = false): (most: number) => Buffer {
  if (!reuse) return (most) => Buffer.allocUnsafe(Math.min(piece, most));
  const both: Buffer[] = [];
  return (most) => {
    const memory = (both.length === 2 && both.shift()) || Buffer.allocUnsafe(piece);
    both.push(memory);
    return memory.subarray(0, most);
  };
}

/** At least one byte of what is left; zeros for what is no longer there. */
async function pieceOf(fd: number, at: number, bytes: Buffer): Promise<Buffer> {
  const count = await readAside(fd, bytes, at);
  return count === 0 ? bytes.fill(0) : bytes.subarray(0, count);
}
