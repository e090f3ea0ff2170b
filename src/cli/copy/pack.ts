import type { Stats } from 'node:fs';
import { explainSystemError } from '../../kit/index.ts';
import { encodeTarHead, type TarHead, tarEnd, tarPadding } from '../../oci/index.ts';
import { fs } from '../lazy.ts';
import { onDisk, toBytes } from './bytes.ts';
import type { GivenSources } from './given.ts';
import { type Source, splitEntry } from './paths.ts';

/** `rename` gives entries their names; `given` takes files that the archive then has no data of. */
export interface PackOptions {
  rename(name: string): string;
  given?: GivenSources | undefined;
}

/**
 * The archive of a local file or directory as it is read. A piece may be overwritten once the next is asked for.
 */
export async function* pack(source: Source, options: PackOptions): AsyncGenerator<Uint8Array> {
  const [directory, base] = splitEntry(source.path);
  const first = source.rebaseName ?? base;
  const walk = new Walk({ ...options, rename: (name) => options.rename(toBytes(first) + name) });
  const start = base === '.' ? directory : `${directory === '/' ? '' : directory}/${base}`;
  try {
    for (const piece of walk.entries(toBytes(start), '')) yield piece;
  } catch (error) {
    throw explainSystemError(error, (error as { path?: string | Buffer }).path?.toString());
  }
  yield* walk.rest();
  yield tarEnd;
}

const pieceSize = 1 << 18;
const readSize = 1 << 20;

/** Goes through a tree in order of names. Small entries are put together, so that not each is a write of its own. */
class Walk {
  private readonly options: PackOptions;
  /** Where a file with several names was packed first. */
  private readonly seen = new Map<string, string>();
  private small: Uint8Array[] = [];
  private gathered = 0;
  /** For one piece after another of whatever is large. */
  private large: Buffer | undefined;

  constructor(options: PackOptions) {
    this.options = options;
  }

  /** `at` is where the entry lies, `name` what its name has after the first word; both are byte strings. */
  *entries(at: string, name: string): Generator<Uint8Array> {
    const found = fs().lstatSync(onDisk(at));
    // A socket means something only to who listens.
    if (found.isSocket()) return;
    const head = this.headOf(found, at, name);
    if (head.type === '0') yield* this.file(at, head);
    else yield* this.gather(encodeTarHead(head));
    if (!found.isDirectory()) return;
    const names = fs().readdirSync(onDisk(at), { encoding: 'buffer' }) as unknown as Buffer[];
    for (const one of names.map((bytes) => bytes.toString('latin1')).toSorted()) {
      yield* this.entries(`${at === '/' ? '' : at}/${one}`, `${name}/${one}`);
    }
  }

  *rest(): Generator<Uint8Array> {
    if (this.gathered === 0) return;
    const piece = Buffer.concat(this.small);
    this.small = [];
    this.gathered = 0;
    yield piece;
  }

  private *gather(bytes: Uint8Array): Generator<Uint8Array> {
    this.small.push(bytes);
    this.gathered += bytes.length;
    if (this.gathered >= pieceSize) yield* this.rest();
  }

  private headOf(found: Stats, at: string, name: string): TarHead {
    const entry = this.options.rename(name) + (found.isDirectory() ? '/' : '');
    const inode = `${found.dev}:${found.ino}`;
    const earlier = found.nlink > 1 && !found.isDirectory() ? this.seen.get(inode) : undefined;
    if (found.nlink > 1 && earlier === undefined) this.seen.set(inode, entry);
    const type = earlier === undefined ? typeOf(found) : '1';
    const isDevice = type === '3' || type === '4';
    const target =
      type === '2' ? (fs().readlinkSync(onDisk(at), { encoding: 'buffer' }) as unknown as Buffer) : undefined;
    return {
      name: entry,
      type,
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      size: type === '0' ? found.size : 0,
      modified: { seconds: Math.floor(found.mtimeMs / 1000), nanoseconds: 0 },
      linkName: earlier ?? target?.toString('latin1') ?? '',
      device: isDevice ? [major(found.rdev), minor(found.rdev)] : [0, 0],
    };
  }

  /** Exactly as many bytes as the header says: a file that shrinks meanwhile is an error, what it grows by stays out. */
  private *file(at: string, head: TarHead): Generator<Uint8Array> {
    const { size } = head;
    const fd = fs().openSync(onDisk(at), 'r');
    const elsewhere = this.options.given?.give(fd, size);
    if (elsewhere !== undefined) return yield* this.gather(encodeTarHead({ ...head, size: 0, elsewhere }));
    try {
      yield* this.gather(encodeTarHead(head));
      if (size > pieceSize) yield* this.largeData(fd, size);
      else yield* this.gather(smallData(fd, size));
    } finally {
      fs().closeSync(fd);
    }
  }

  private *largeData(fd: number, size: number): Generator<Uint8Array> {
    yield* this.rest();
    this.large ??= Buffer.allocUnsafe(readSize);
    for (let left = size; left > 0; ) {
      const count = readSome(fd, this.large, { at: 0, most: left });
      left -= count;
      yield this.large.subarray(0, count);
    }
    yield* this.gather(new Uint8Array(tarPadding(size)));
  }
}

/** With its padding. */
function smallData(fd: number, size: number): Buffer {
  const bytes = Buffer.alloc(size + tarPadding(size));
  for (let at = 0; at < size; ) at += readSome(fd, bytes, { at, most: size - at });
  return bytes;
}

function readSome(fd: number, into: Buffer, { at, most }: { at: number; most: number }): number {
  const count = fs().readSync(fd, into, at, Math.min(most, into.length - at), null);
  if (count === 0) throw new Error(`archive/tar: missed writing ${most} bytes`);
  return count;
}

function typeOf(found: Stats): string {
  if (found.isDirectory()) return '5';
  if (found.isSymbolicLink()) return '2';
  if (found.isCharacterDevice()) return '3';
  if (found.isBlockDevice()) return '4';
  return found.isFIFO() ? '6' : '0';
}

// As glibc takes a device's number apart.
function major(device: number): number {
  return Math.floor(device / 256) % 4096;
}

function minor(device: number): number {
  return (device % 256) + Math.floor(device / 2 ** 20) * 256;
}
