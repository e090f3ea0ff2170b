import { type ByteReader, createByteReader, invalidHeader, unexpectedEnd } from './bytes.ts';
import { type Header, parseHeader } from './header.ts';
import { elsewhereRecord, type PaxRecords, parsePax, paxCount, paxTime } from './pax.ts';
import { checkedMap, oldGnuMap, paxMap, type Segment } from './sparse.ts';

export type TarType = 'file' | 'directory' | 'symlink' | 'link' | 'char' | 'block' | 'fifo';

/** One file of an archive. Texts are byte strings (each character is one byte) and as the archive has them: not to be trusted. */
export interface TarEntry {
  name: string;
  type: TarType;
  /** The twelve permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** The file's size, holes included. */
  size: number;
  modified: { seconds: number; nanoseconds: number };
  linkName: string;
  device: [major: number, minor: number];
  xattrs: Map<string, Uint8Array>;
  /** For a sparse file where its data belongs, in order; otherwise the data is the whole file. */
  segments?: Segment[];
  /** A record of this project's own: where the contents are. It means something only to who has agreed on it with the other side. */
  elsewhere?: string;
  /** The data; to be read, if at all, before the next entry is asked for. */
  data(): AsyncGenerator<Uint8Array>;
  /** All the data, where it has come already; it is as good as read then. Otherwise undefined: it comes by `data`. */
  ready(): Uint8Array | undefined;
}

const SPECIAL_MOST = 1 << 20;
const XATTR = 'SCHILY.xattr.';
const types: Record<string, TarType> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** What the special entries before a file say about it. */
interface Extra {
  pax: PaxRecords;
  longName?: string;
  longLink?: string;
}

/**
 * Reads a tar archive (v7, ustar, PAX, GNU, sparse of each kind) as it streams by. The source is read to its very end.
 * What is no archive is an EngineError of kind `invalid`.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = createByteReader(source);
  let extra: Extra = { pax: [] };
  for (;;) {
    const block = await nextBlock(reader);
    if (!block) break;
    const header = parseHeader(block);
    if (await takeSpecial(header, extra, reader)) continue;
    const { entry, rest } = await entryOf({ block, header, extra, reader });
    yield entry;
    await reader.skip(rest());
    extra = { pax: [] };
  }
  while (await reader.take(1 << 20));
}

/** The next header block; undefined at the end, which two blocks of zeros mark and some archivers forget. */
async function nextBlock(reader: ByteReader): Promise<Uint8Array | undefined> {
  const block = await reader.exactly(512);
  if (!block || block.some((byte) => byte !== 0)) return block;
  const second = await reader.exactly(512);
  if (second?.some((byte) => byte !== 0)) throw invalidHeader();
  return undefined;
}

/** Reads an entry that only describes the next one; false for a file. */
async function takeSpecial(header: Header, extra: Extra, reader: ByteReader): Promise<boolean> {
  if (!'xgLK'.includes(header.type)) return false;
  if (header.size > SPECIAL_MOST) throw invalidHeader();
  const bytes = header.size === 0 ? new Uint8Array(0) : await reader.exactly(header.size);
  if (!bytes) throw unexpectedEnd();
  const text = () => Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
  // `g` speaks of all that follows; Docker passes over it, and so do we.
  if (header.type === 'x') extra.pax = parsePax(bytes);
  if (header.type === 'L') extra.longName = text();
  if (header.type === 'K') extra.longLink = text();
  await reader.skip(padding(header.size));
  return true;
}

/** An entry, and how much is left to pass over once nobody reads its data any more. */
async function entryOf(at: {
  block: Uint8Array;
  header: Header;
  extra: Extra;
  reader: ByteReader;
}): Promise<{ entry: TarEntry; rest: () => number }> {
  const { header, extra, reader } = at;
  const entry = described(header, extra);
  const records = extra.pax.length === 0 ? none : new Map(extra.pax);
  const hasData = types[header.type] === 'file';
  let stored = hasData ? paxNumber(records, 'size', header.size) : 0;
  const padded = stored + padding(stored);
  entry.size = stored;
  let consumed = 0;
  if (hasData) {
    const old = header.type === 'S' ? await oldGnuMap(at.block, reader) : undefined;
    const map = old ?? (extra.pax.length > 0 ? await paxMap(extra.pax, reader, padded) : undefined);
    if (map && 'consumed' in map) consumed = map.consumed as number;
    stored -= consumed;
    if (map) Object.assign(entry, { segments: checkedMap(map, stored).segments, size: map.size });
  }
  let left = stored;
  entry.ready = () => {
    const bytes = left === stored ? reader.ready(left) : undefined;
    if (bytes) left = 0;
    return bytes;
  };
  entry.data = async function* () {
    while (left > 0) {
      const bytes = await reader.take(left);
      if (!bytes) throw unexpectedEnd();
      left -= bytes.length;
      yield bytes;
    }
  };
  return { entry, rest: () => padded - consumed - stored + left };
}

/** Most entries have no records. */
const none: ReadonlyMap<string, string> = new Map();

function described(header: Header, extra: Extra): TarEntry {
  const pax = extra.pax.length === 0 ? none : new Map(extra.pax.filter(([, value]) => value !== ''));
  const type = types[header.type];
  if (!type) throw invalidHeader();
  const name = extra.longName ?? pax.get('GNU.sparse.name') ?? pax.get('path') ?? header.name;
  const mtime = pax.get('mtime');
  const elsewhere = pax.get(elsewhereRecord);
  const xattrs = extra.pax.filter(([key]) => key.startsWith(XATTR));
  return {
    name,
    // How archivers of old marked a directory.
    type: header.type === '\0' && name.endsWith('/') ? 'directory' : type,
    mode: header.mode & 0o7777,
    uid: paxNumber(pax, 'uid', header.uid),
    gid: paxNumber(pax, 'gid', header.gid),
    size: 0,
    modified: mtime === undefined ? { seconds: header.mtime, nanoseconds: 0 } : paxTime(mtime),
    linkName: extra.longLink ?? pax.get('linkpath') ?? header.linkName,
    device: header.device,
    xattrs: new Map(xattrs.map(([key, value]) => [key.slice(XATTR.length), Buffer.from(value, 'latin1')])),
    ...(elsewhere === undefined ? {} : { elsewhere }),
    data: async function* () {},
    ready: () => undefined,
  };
}

function paxNumber(records: ReadonlyMap<string, string>, key: string, otherwise: number): number {
  const value = records.get(key);
  return value ? paxCount(value) : otherwise;
}

function padding(size: number): number {
  return (512 - (size % 512)) % 512;
}
