import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeNodeAt, openDirectory, setXattrAt, usingFd } from '../../../src/host/index.ts';

/** What trusting an archive led to. */
export interface Harm {
  /** Something beside the directory that was unpacked into is another than before. */
  escaped: boolean;
  /** The most memory that the archive made the reader ask for at once. */
  asked: number;
  /** It failed with what no user understands, or had to be stopped. */
  error: unknown;
  /** How many entries were taken in. */
  entries: number;
  /** Attributes that were set, device nodes that were made: `name: what`. */
  marks: string[];
}

const most = 64 << 20;

/**
 * A reader of archives that believes everything: paths as they are, sizes as they are, no checksum, no end. It exists to show that an
 * archive of the corpus is an attack on who reads so.
 */
export function unpackNaively(base: string, root: string, archives: Uint8Array[]): Harm {
  const before = listed(base, root);
  const harm: Harm = { escaped: false, asked: 0, error: undefined, entries: 0, marks: [] };
  try {
    for (const archive of archives) unpack(root, Buffer.from(archive), harm);
  } catch (error) {
    harm.error = error;
  }
  harm.escaped = listed(base, root) !== before;
  return harm;
}

/** Everything in `base` but what is in `root`, with modes and contents. */
export function listed(base: string, root: string): string {
  if (!existsSync(base)) return 'gone';
  return [existsSync(root), ...linesOf(base, root)].join('\n');
}

function linesOf(path: string, root: string): string[] {
  const status = lstatSync(path);
  const own = `${path} ${status.mode} ${status.isFile() ? readFileSync(path, 'latin1') : ''}`;
  if (!status.isDirectory()) return [own];
  const below = readdirSync(path).map((name) => join(path, name));
  return [own, ...below.filter((child) => child !== root).flatMap((child) => linesOf(child, root))];
}

interface Naive {
  name: string;
  linkName: string;
  type: string;
  mode: number;
  data: Buffer;
  xattrs: [name: string, value: string][];
}

function unpack(root: string, archive: Buffer, harm: Harm): void {
  for (const entry of entries(archive, harm)) {
    harm.entries++;
    place(root, entry, harm);
  }
}

function* entries(archive: Buffer, harm: Harm): Generator<Naive> {
  let pax = new Map<string, string>();
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + 512);
    const type = text(header, 156, 1) || '0';
    const size = Number(pax.get('size') ?? number(header, 124, 12));
    const asked = Math.max(size, Number(pax.get('GNU.sparse.realsize') ?? pax.get('GNU.sparse.size') ?? 0));
    harm.asked = Math.max(harm.asked, Math.abs(asked));
    if (Math.abs(asked) > most) throw new RangeError(`asked for ${asked} bytes`);
    const data = archive.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    if (size < 0 || Number.isNaN(at)) throw new RangeError(`stands still at ${at}`);
    if (type === 'L') pax.set('path', data.toString('latin1').replace(/\0.*$/s, ''));
    else if (type === 'x') pax = new Map([...pax, ...records(data)]);
    else {
      const name = pax.get('path') ?? text(header, 0, 100);
      const linkName = pax.get('linkpath') ?? text(header, 157, 100);
      const mode = number(header, 100, 8);
      const xattrs = [...pax].filter(([key]) => key.startsWith('SCHILY.xattr.'));
      yield { name, linkName, type, mode, data, xattrs: xattrs.map(([key, value]) => [key.slice(13), value]) };
      pax = new Map();
    }
  }
}

function records(data: Buffer): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < data.length; ) {
    const length = Number.parseInt(data.toString('latin1', at, at + 12), 10);
    if (!(length > 0)) throw new RangeError('a record without a length');
    const [, key = '', value = ''] = /^\d+ ([^=]*)=(.*)\n?$/s.exec(data.toString('latin1', at, at + length)) ?? [];
    found.push([key, value]);
    at += length;
  }
  return found;
}

function text(header: Buffer, at: number, length: number): string {
  return header.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}

function number(header: Buffer, at: number, length: number): number {
  const first = header[at] ?? 0;
  if (first === 0xff) return -1;
  if (first === 0x80) return Number(BigInt(`0x${header.subarray(at + 1, at + length).toString('hex')}`));
  return Number.parseInt(text(header, at, length), 8) || 0;
}

function place(root: string, { name, linkName, type, mode, data, xattrs }: Naive, harm: Harm): void {
  const path = name.startsWith('/') ? name : `${root}/${name}`;
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (base === '.wh..wh..opq') {
    for (const child of readdirSync(dirname(path))) rmSync(`${dirname(path)}/${child}`, { recursive: true });
    return;
  }
  if (base.startsWith('.wh.')) {
    rmSync(`${path.slice(0, path.lastIndexOf('/'))}/${base.slice(4)}`, { recursive: true, force: true });
    return;
  }
  mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
  if (type === '5') {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
  } else if (type === '2') {
    rmSync(path, { recursive: true, force: true });
    symlinkSync(linkName, path);
  } else if (type === '1') linkSync(linkName.startsWith('/') ? linkName : `${root}/${linkName}`, path);
  else if ('346'.includes(type)) {
    usingFd(openDirectory(dirname(path)), (fd) => makeNodeAt(fd, base, { kind: 'fifo', mode, device: [0, 0] }));
    harm.marks.push(`${name}: node`);
  } else {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFIFO()) throw new Error('would wait for ever');
    writeFileSync(path, data);
  }
  for (const [xattr, value] of xattrs) mark(path, { name, xattr, value }, harm);
}

function mark(path: string, { name, xattr, value }: { name: string; xattr: string; value: string }, harm: Harm): void {
  usingFd(openDirectory(dirname(path)), (fd) =>
    setXattrAt(fd, path.slice(path.lastIndexOf('/') + 1), { name: xattr, value: Buffer.from(value, 'latin1') }),
  );
  harm.marks.push(`${name}: ${xattr}`);
}
