import type { BigIntStats } from 'node:fs';
import type { SessionEntry } from '../../../../api/index.ts';
import { plainTarHead, tarEnd, tarPadding } from '../../../../oci/index.ts';
import { fs } from '../../../lazy.ts';
import { linkText, namesIn, onDisk } from './byte-paths.ts';
import { type Part, partOf } from './part.ts';

/** A local directory as a context: its files, but for those that are left out. */
export interface LocalTree {
  entries: SessionEntry[];
  /** The files at those places of the list, as a tar. */
  pack(places: number[]): AsyncGenerator<Uint8Array>;
}

type Plain = [path: string, kind: 'f' | 'd' | 'l', mode: number, size: number, seconds: number, nanoseconds: number];

interface Leaves {
  ignores(path: string): boolean;
  prunes(directory: string): boolean;
}

/**
 * Lists a directory, directories before what is in them; of it only where `paths` of COPY lead, if any are given. Sockets and devices are
 * left out.
 */
export function listTree(
  directory: string,
  { leaves, paths }: { leaves?: Leaves | undefined; paths?: readonly string[] | undefined },
): LocalTree {
  const entries: SessionEntry[] = [];
  const firstNames = new Map<string, string>();
  const root = directory.endsWith('/') ? directory : `${directory}/`;
  const { lstatSync } = fs();

  function list(below: string, part: Part | undefined): void {
    const names = part ? [...part.keys()] : namesIn(root + below);
    for (const name of names.toSorted()) {
      const path = below === '' ? name : `${below}/${name}`;
      const inner = part?.get(name);
      const found = lstatSync(onDisk(root + path), { bigint: true, throwIfNoEntry: false });
      if (!found) continue;
      const text = Buffer.from(path, 'latin1').toString();
      const isLeft = leaves?.ignores(text) ?? false;
      if (found.isDirectory()) {
        if (isLeft && (leaves?.prunes(text) ?? true)) continue;
        const at = entries.length;
        entries.push(entryOf(path, 'd', found));
        list(path, inner);
        // A directory that is left out stays only for what is brought back below it.
        if (isLeft && entries.length === at + 1) entries.pop();
      } else if (isLeft || inner) continue;
      else if (found.isSymbolicLink()) {
        entries.push([...entryOf(path, 'l', found), linkText(root + path)]);
      } else if (found.isFile()) {
        const first = firstName(firstNames, path, found);
        entries.push(first === undefined ? entryOf(path, 'f', found) : [...entryOf(path, 'f', found), first]);
      }
    }
  }

  list('', paths && partOf(root, paths));
  return { entries, pack: (places) => pack(root, entries, places) };
}

/** The path under which a file with several names is in the list already. */
function firstName(known: Map<string, string>, path: string, { dev, ino, nlink }: BigIntStats): string | undefined {
  if (nlink === 1n) return undefined;
  const key = `${dev}:${ino}`;
  const first = known.get(key);
  if (first === undefined) known.set(key, path);
  return first;
}

function entryOf(path: string, kind: 'f' | 'd' | 'l', found: BigIntStats): Plain {
  const { mode, size, mtimeNs } = found;
  const seconds = Number(mtimeNs / 1_000_000_000n);
  return [
    path,
    kind,
    Number(mode) & 0o7777,
    kind === 'f' ? Number(size) : 0,
    seconds,
    Number(mtimeNs % 1_000_000_000n),
  ];
}

const full = 256 << 10;
const piece = 1 << 20;

async function* pack(root: string, entries: SessionEntry[], places: number[]): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  const take = (): Buffer => {
    const bytes = Buffer.concat(waiting, size);
    waiting = [];
    size = 0;
    return bytes;
  };
  for (const place of places) {
    const entry = entries[place];
    if (!entry) continue;
    const [path, , mode, length, seconds, nanoseconds] = entry;
    const head = plainTarHead({ name: path, size: length, mode, seconds, nanoseconds });
    waiting.push(head);
    size += head.length;
    for (const bytes of contents(root + path, length)) {
      waiting.push(bytes);
      size += bytes.length;
      if (size >= full) yield take();
    }
    const zeros = new Uint8Array(tarPadding(length));
    waiting.push(zeros);
    size += zeros.length;
    if (size >= full) yield take();
  }
  waiting.push(tarEnd);
  size += tarEnd.length;
  yield take();
}

/** As many bytes as were told, whatever has become of the file meanwhile. */
function* contents(path: string, length: number): Generator<Uint8Array> {
  const { closeSync, openSync, readSync } = fs();
  const fd = openSync(onDisk(path), 'r');
  try {
    for (let at = 0; at < length; ) {
      const bytes = Buffer.alloc(Math.min(piece, length - at));
      const count = readSync(fd, bytes, 0, bytes.length, at);
      if (count === 0) {
        yield bytes;
        at += bytes.length;
      } else {
        yield bytes.subarray(0, count);
        at += count;
      }
    }
  } finally {
    closeSync(fd);
  }
}
