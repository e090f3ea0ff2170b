import { ipBytes } from '../../host/index.ts';

/** DNS messages (RFC 1035) as bytes and back, as far as a resolver of container names needs them. */

export const RecordType = { a: 1, ptr: 12, mx: 15, aaaa: 28, srv: 33 };
export const ResponseCode = { noError: 0, formError: 1, serverFailure: 2, refused: 5 };

export interface Query {
  id: number;
  recursion: boolean;
  /** As asked, without the dot at its end. */
  name: string;
  type: number;
  class: number;
  /** How many bytes of an answer by UDP the asker takes. */
  size: number;
  /** Where the question ends in the message. */
  end: number;
}

const headerSize = 12;
const optRecord = 41;
const smallest = 512;
const largest = 4096;
const ttl = 600;

/** Undefined for what is no query with one question. */
export function parseQuery(bytes: Buffer): Query | undefined {
  if (bytes.length < headerSize + 5) return undefined;
  const flags = bytes.readUInt16BE(2);
  const isQuery = (flags & 0xf800) === 0;
  if (!isQuery || bytes.readUInt16BE(4) !== 1) return undefined;
  const found = readName(bytes, headerSize);
  if (!found || found.end + 4 > bytes.length) return undefined;
  const end = found.end + 4;
  return {
    id: bytes.readUInt16BE(0),
    recursion: (flags & 0x100) !== 0,
    name: found.name,
    type: bytes.readUInt16BE(found.end),
    class: bytes.readUInt16BE(found.end + 2),
    size: sizeOf(bytes, end),
    end,
  };
}

/** Labels up to the root; a question holds no pointers. */
function readName(bytes: Buffer, from: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  for (let at = from; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { name: labels.join('.'), end: at + 1 };
    if (length > 63 || at + 1 + length > bytes.length) return undefined;
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return undefined;
}

/** The size an OPT record behind the question names (EDNS). */
function sizeOf(bytes: Buffer, at: number): number {
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  const isOpt = records === 1 && bytes.length >= at + 5 && bytes[at] === 0 && bytes.readUInt16BE(at + 1) === optRecord;
  return isOpt ? Math.min(Math.max(bytes.readUInt16BE(at + 3), smallest), largest) : smallest;
}

/** The answer to a query: addresses, or the name an address has. `query` is the whole message it came in. */
export function answer(query: Buffer, parsed: Query, records: { addresses?: string[]; name?: string }): Buffer {
  const data = [
    ...(records.addresses ?? []).map(ipBytes),
    ...(records.name === undefined ? [] : [nameBytes(records.name)]),
  ];
  return message(query, parsed, { code: ResponseCode.noError, authoritative: true, data });
}

/** A refusal of one of the codes. */
export function failure(query: Buffer, parsed: Query, code: number): Buffer {
  return message(query, parsed, { code, authoritative: false, data: [] });
}

function message(
  query: Buffer,
  parsed: Query,
  { code, authoritative, data }: { code: number; authoritative: boolean; data: Buffer[] },
): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt16BE(parsed.id, 0);
  const response = 0x8000 | (parsed.recursion ? 0x100 : 0) | 0x80;
  header.writeUInt16BE(response | (authoritative ? 0x400 : 0) | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data.length, 6);
  const question = query.subarray(headerSize, parsed.end);
  return Buffer.concat([header, question, ...data.map((bytes) => record(parsed.type, bytes))]);
}

/** About the name of the question, to which the pointer points. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | headerSize, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

/** An answer that fits: with no records and the mark that it was cut where it would not, so that the asker comes by TCP. */
export function fitted(bytes: Buffer, parsed: Query, limit: number): Buffer {
  if (bytes.length <= limit) return bytes;
  const cut = Buffer.from(bytes.subarray(0, parsed.end));
  cut.writeUInt16BE(cut.readUInt16BE(2) | 0x200, 2);
  cut.fill(0, 6, headerSize);
  return cut;
}

/** The code of an answer, and whether it answers that question of ours. */
export function readAnswer(bytes: Buffer, query: Buffer, parsed: Query): { code: number } | undefined {
  if (bytes.length < headerSize || bytes.readUInt16BE(0) !== parsed.id || (bytes.readUInt16BE(2) & 0x8000) === 0) {
    return undefined;
  }
  const asked = query.toString('latin1', headerSize, parsed.end).toLowerCase();
  const echoed = bytes.toString('latin1', headerSize, parsed.end).toLowerCase();
  // A failure may come without its question.
  if (bytes.readUInt16BE(4) > 0 && echoed !== asked) return undefined;
  return { code: bytes.readUInt16BE(2) & 0xf };
}
