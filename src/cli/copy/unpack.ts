import type { Stats } from 'node:fs';
import { explainSystemError } from '../../kit/index.ts';
import { readTar, type TarEntry } from '../../oci/index.ts';
import { fs, path } from '../lazy.ts';
import { onDisk, toBytes, toText } from './bytes.ts';

/** Puts a file's contents into it, of which the archive says that they are elsewhere. */
export type Fill = (fd: number, entry: TarEntry) => Promise<void>;

/**
 * Unpacks an archive below a local directory, its entries under the names that `rename` gives them. Nothing is written
 * outside the directory: neither by a name, nor through a link. Owners stay this user's; what is in the way is replaced,
 * but no directory by a file nor the other way round.
 */
export async function unpack(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  { rename, fill }: { rename: (name: string) => string; fill?: Fill | undefined },
): Promise<void> {
  const root = toBytes(path().resolve(directory));
  const place = new Place(root === '/' ? '' : root, { fill, withheld: process.umask() });
  for await (const entry of readTar(archive)) {
    try {
      await place.put(entry, rename);
    } catch (error) {
      throw explainSystemError(error, (error as { path?: string | Buffer }).path?.toString());
    }
  }
  place.finish();
}

/** A directory that is filled from an archive. */
class Place {
  private readonly root: string;
  /** Directories below the root that are known to be no links. */
  private readonly known = new Set<string>();
  /** Directories get their times when nothing more is written into them. */
  private readonly times: [at: string, seconds: number][] = [];

  private readonly files: Files;

  constructor(root: string, files: Files) {
    this.root = root;
    this.files = files;
  }

  async put(entry: TarEntry, rename: (name: string) => string): Promise<void> {
    const name = clean(rename(entry.name));
    const at = this.inside(name);
    this.makeParents(at);
    // Most files are not there yet: making one says so, and nothing need be looked at before.
    if (entry.type === 'file' && (await writeFile(entry, { ...this.files, at }))) return;
    const isDirectory = entry.type === 'directory';
    if (this.clear(at, name, isDirectory)) await this.make(entry, at, rename);
    if (isDirectory) this.known.add(at);
  }

  finish(): void {
    for (const [at, seconds] of this.times) fs().utimesSync(onDisk(at), seconds, seconds);
  }

  /** Where a name lies; one that leads out of the directory is refused. */
  private inside(name: string): string {
    if (name === '..' || name.startsWith('../')) {
      throw new Error(`${JSON.stringify(toText(name))} is outside of ${JSON.stringify(toText(this.root || '/'))}`);
    }
    return name === '.' ? this.root : `${this.root}/${name.replace(/^\/+/, '')}`;
  }

  /** Makes the directories above a place; a link among them would lead out of the root. */
  private makeParents(at: string): void {
    const parent = at.slice(0, Math.max(at.lastIndexOf('/'), this.root.length));
    if (parent.length <= this.root.length || this.known.has(parent)) return;
    this.makeParents(parent);
    const found = statusOf(parent);
    if (found && !found.isDirectory()) throw new Error(`mkdir ${toText(parent)}: not a directory`);
    if (!found) fs().mkdirSync(onDisk(parent), 0o755);
    this.known.add(parent);
  }

  /** Makes room; false when what is there may stay: the directory itself. */
  private clear(at: string, name: string, isDirectory: boolean): boolean {
    const found = statusOf(at);
    if (!found) return true;
    const [there, here] = [JSON.stringify(toText(at)), JSON.stringify(toText(name))];
    if (found.isDirectory() && !isDirectory) {
      throw new Error(`cannot overwrite directory ${there} with non-directory ${here}`);
    }
    if (!found.isDirectory() && isDirectory) {
      throw new Error(`cannot overwrite non-directory ${there} with directory ${here}`);
    }
    if (!found.isDirectory()) fs().unlinkSync(onDisk(at));
    return !(found.isDirectory() && name === '.');
  }

  private async make(entry: TarEntry, at: string, rename: (name: string) => string): Promise<void> {
    const { modified, mode } = entry;
    const seconds = modified.seconds + modified.nanoseconds / 1e9;
    switch (entry.type) {
      case 'directory':
        if (!statusOf(at)) fs().mkdirSync(onDisk(at), 0o700);
        fs().chmodSync(onDisk(at), mode);
        this.times.push([at, seconds]);
        return;
      case 'file':
        if (!(await writeFile(entry, { ...this.files, at }))) throw new Error(`open ${toText(at)}: file exists`);
        return;
      case 'symlink':
        this.makeSymlink(entry, at);
        fs().lutimesSync(onDisk(at), seconds, seconds);
        return;
      case 'link':
        this.makeLink(clean(rename(entry.linkName)), at);
        return;
      default:
        await makeNode(entry, at);
        fs().chmodSync(onDisk(at), mode);
        fs().utimesSync(onDisk(at), seconds, seconds);
    }
  }

  private makeSymlink({ linkName }: TarEntry, at: string): void {
    const target = path().posix.join(at.slice(0, at.lastIndexOf('/') + 1), linkName);
    if (!target.startsWith(this.root)) {
      throw new Error(`invalid symlink ${JSON.stringify(toText(at))} -> ${JSON.stringify(toText(linkName))}`);
    }
    fs().symlinkSync(onDisk(linkName), onDisk(at));
  }

  private makeLink(name: string, at: string): void {
    const target = this.inside(name);
    this.makeParents(target);
    fs().linkSync(onDisk(target), onDisk(at));
  }
}

/** What making files needs to know: who fills them, and which bits new ones do not get. */
interface Files {
  fill: Fill | undefined;
  withheld: number;
}

/** Makes a file with what the archive says of it; false where something is in the way. */
async function writeFile(entry: TarEntry, { at, fill, withheld }: Files & { at: string }): Promise<boolean> {
  const { fchmodSync, futimesSync, closeSync } = fs();
  const fd = openNew(at, entry.mode & 0o777);
  if (fd === undefined) return false;
  try {
    if (fill && entry.elsewhere !== undefined) await fill(fd, entry);
    else await writeContents(fd, entry);
    if ((entry.mode & 0o777 & ~withheld) !== entry.mode) fchmodSync(fd, entry.mode);
    const seconds = entry.modified.seconds + entry.modified.nanoseconds / 1e9;
    futimesSync(fd, seconds, seconds);
  } finally {
    closeSync(fd);
  }
  return true;
}

function openNew(at: string, mode: number): number | undefined {
  const { openSync, constants } = fs();
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  try {
    return openSync(onDisk(at), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode);
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return undefined;
    throw error;
  }
}

async function writeContents(fd: number, entry: TarEntry): Promise<void> {
  const { writeSync, ftruncateSync } = fs();
  const whole = entry.segments ? undefined : entry.ready();
  let position = 0;
  for await (const bytes of whole ? [whole] : entry.data()) {
    for (let written = 0; written < bytes.length; ) {
      const room = roomAt(entry, position);
      const count = writeSync(fd, bytes, written, Math.min(bytes.length - written, room.length), room.offset);
      written += count;
      position += count;
    }
  }
  if (entry.segments) ftruncateSync(fd, entry.size);
}

/** Where a sparse file's data belongs: the rest of the segment that holds its `position`-th byte. */
function roomAt({ segments }: TarEntry, position: number): { offset: number; length: number } {
  if (!segments) return { offset: position, length: Number.MAX_SAFE_INTEGER };
  let passed = 0;
  for (const { offset, length } of segments) {
    if (position < passed + length) return { offset: offset + position - passed, length: passed + length - position };
    passed += length;
  }
  return { offset: position, length: Number.MAX_SAFE_INTEGER };
}

const letters: Record<string, string> = { char: 'c', block: 'b', fifo: 'p' };

/** Devices and pipes are made by mknod(1): this program has no call for it. */
async function makeNode({ type, device }: TarEntry, at: string): Promise<void> {
  const numbers = type === 'fifo' ? [] : device.map(String);
  const made = Bun.spawn(['mknod', '--', toText(at), letters[type] ?? '', ...numbers], { stderr: 'pipe' });
  const words = await new Response(made.stderr).text();
  if ((await made.exited) !== 0) throw new Error(words.trim());
}

function statusOf(at: string): Stats | undefined {
  return fs().lstatSync(onDisk(at), { throwIfNoEntry: false });
}

/** Dots or nothing between slashes. */
const special = /(^|\/)\.{0,2}(\/|$)/;

function clean(name: string): string {
  if (!special.test(name)) return name;
  const normal = path().posix.normalize(name);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}
