import { type ByteReader, invalidHeader, unexpectedEnd } from './bytes.ts';
import { count } from './header.ts';
import { type PaxRecords, paxCount } from './pax.ts';

/** Where a piece of the file's data belongs; between pieces are holes. */
export interface Segment {
  offset: number;
  length: number;
}

export interface SparseMap {
  segments: Segment[];
  /** The file's size with its holes. */
  size: number;
}

/** A map is small; one longer than this is an attack. */
const MOST_SEGMENTS = 1 << 16;

/** The map in an old GNU header (type `S`) and in the blocks that continue it. */
export async function oldGnuMap(block: Uint8Array, reader: ByteReader): Promise<SparseMap> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, 512);
  const size = count(bytes, 483, 12);
  const segments = gnuSegments(bytes, 386, 4);
  for (let more = bytes[482]; more; ) {
    const next = await reader.exactly(512);
    if (!next) throw unexpectedEnd();
    const extension = Buffer.from(next.buffer, next.byteOffset, 512);
    segments.push(...gnuSegments(extension, 0, 21));
    if (segments.length > MOST_SEGMENTS) throw invalidHeader();
    more = extension[504];
  }
  return { segments, size };
}

function gnuSegments(bytes: Buffer, start: number, most: number): Segment[] {
  const segments: Segment[] = [];
  for (let index = 0; index < most; index++) {
    const at = start + index * 24;
    if (bytes[at] === 0) break;
    segments.push({ offset: count(bytes, at, 12), length: count(bytes, at + 12, 12) });
  }
  return segments;
}

/**
 * The map that PAX records describe, undefined where they describe none. Version 1.0 keeps it at the head of the file's data:
 * `consumed` is how much of that has been read.
 */
export async function paxMap(
  records: PaxRecords,
  reader: ByteReader,
  stored: number,
): Promise<(SparseMap & { consumed: number }) | undefined> {
  const last = new Map(records);
  const numbers = records
    .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
    .map(([, value]) => paxCount(value));
  const size = last.get('GNU.sparse.realsize') ?? last.get('GNU.sparse.size');
  if (size === undefined) return undefined;
  if (last.get('GNU.sparse.major') === '1') {
    return { ...(await mapInData(reader, stored)), size: paxCount(size) };
  }
  const map = last.get('GNU.sparse.map');
  return { segments: pairs(map ? map.split(',').map(paxCount) : numbers), size: paxCount(size), consumed: 0 };
}

async function mapInData(reader: ByteReader, stored: number): Promise<{ segments: Segment[]; consumed: number }> {
  const numbers: number[] = [];
  let partial = '';
  let consumed = 0;
  while (numbers.length === 0 || numbers.length <= (numbers[0] ?? 0) * 2) {
    if (consumed >= stored || numbers.length > MOST_SEGMENTS * 2) throw invalidHeader();
    const block = await reader.exactly(512);
    if (!block) throw unexpectedEnd();
    consumed += 512;
    const lines = (partial + Buffer.from(block).toString('latin1')).split('\n');
    partial = lines.pop() ?? '';
    // The last block is filled up with zeros.
    if (partial.length > 20 && !partial.startsWith('\0')) throw invalidHeader();
    numbers.push(...lines.map(paxCount));
  }
  return { segments: pairs(numbers.slice(1, 1 + (numbers[0] ?? 0) * 2)), consumed };
}

function pairs(numbers: number[]): Segment[] {
  if (numbers.length % 2 === 1 || numbers.length > MOST_SEGMENTS * 2) throw invalidHeader();
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: numbers[index * 2] ?? 0,
    length: numbers[index * 2 + 1] ?? 0,
  }));
}

/** The map, if its pieces come in order, do not overlap, lie within the file and are just the data that is stored. */
export function checkedMap(map: SparseMap, stored: number): SparseMap {
  let end = 0;
  let total = 0;
  for (const { offset, length } of map.segments) {
    if (offset < end || offset + length > map.size) throw invalidHeader();
    end = offset + length;
    total += length;
  }
  if (total !== stored) throw invalidHeader();
  return map;
}
