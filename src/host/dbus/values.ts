/** A value of a D-Bus message; a variant carries its own signature, a struct or dictionary entry is a list. */
export type BusValue = string | number | bigint | boolean | BusValue[] | Variant;

export interface Variant {
  signature: string;
  value: BusValue;
}

const alignments: Record<string, number> = {
  y: 1,
  b: 4,
  n: 2,
  q: 2,
  i: 4,
  u: 4,
  h: 4,
  x: 8,
  t: 8,
  d: 8,
  s: 4,
  o: 4,
  g: 1,
  a: 4,
  v: 1,
  '(': 8,
  '{': 8,
};

/** The first complete type of a signature (`a(sv)` of `a(sv)u`). */
export function firstType(signature: string): string {
  const [head = ''] = signature;
  if (head === 'a') return `a${firstType(signature.slice(1))}`;
  if (head !== '(' && head !== '{') return head;
  let depth = 0;
  for (let at = 0; at < signature.length; at++) {
    const character = signature[at] ?? '';
    if ('({'.includes(character)) depth++;
    else if (')}'.includes(character) && --depth === 0) return signature.slice(0, at + 1);
  }
  throw new Error(`a D-Bus signature without an end: ${signature}`);
}

/** The complete types of a signature, one after another. */
export function typesOf(signature: string): string[] {
  const types: string[] = [];
  for (let rest = signature; rest !== ''; rest = rest.slice(types.at(-1)?.length ?? 1)) types.push(firstType(rest));
  return types;
}

/** How many bytes are skipped so that a value of the type may begin at `offset`. */
export function paddingFor(type: string, offset: number): number {
  const alignment = alignments[type[0] ?? ''];
  if (alignment === undefined) throw new Error(`a D-Bus type that there is not: ${type}`);
  return (alignment - (offset % alignment)) % alignment;
}

/** Values as bytes (little endian), the first at offset 0. */
export function encodeValues(signature: string, values: BusValue[]): Buffer {
  const out: number[] = [];
  for (const [index, type] of typesOf(signature).entries()) encode(out, type, values[index] as BusValue);
  return Buffer.from(out);
}

function encode(out: number[], type: string, value: BusValue): void {
  for (let left = paddingFor(type, out.length); left > 0; left--) out.push(0);
  switch (type[0]) {
    case 'y':
      out.push(Number(value));
      return;
    case 'b':
    case 'u':
    case 'i':
    case 'h':
      encodeNumber(out, Number(value), 4);
      return;
    case 't':
    case 'x':
      encodeNumber(out, BigInt(value as bigint), 8);
      return;
    case 's':
    case 'o':
      encodeText(out, value as string, 4);
      return;
    case 'g':
      encodeText(out, value as string, 1);
      return;
    case 'v': {
      const { signature, value: inner } = value as Variant;
      encodeText(out, signature, 1);
      encode(out, signature, inner);
      return;
    }
    case 'a':
      encodeArray(out, type.slice(1), value as BusValue[]);
      return;
    case '(':
    case '{':
      for (const [index, field] of typesOf(type.slice(1, -1)).entries()) {
        encode(out, field, (value as BusValue[])[index] as BusValue);
      }
      return;
    default:
      throw new Error(`a D-Bus type that is not written here: ${type}`);
  }
}

function encodeNumber(out: number[], value: number | bigint, size: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  out.push(...bytes.subarray(0, size));
}

function encodeText(out: number[], text: string, lengthSize: number): void {
  const bytes = Buffer.from(text);
  encodeNumber(out, bytes.length, lengthSize);
  out.push(...bytes, 0);
}

/** The length counts neither itself nor what is skipped before the first element. */
function encodeArray(out: number[], type: string, values: BusValue[]): void {
  const lengthAt = out.length;
  encodeNumber(out, 0, 4);
  for (let left = paddingFor(type, out.length); left > 0; left--) out.push(0);
  const start = out.length;
  for (const value of values) encode(out, type, value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(out.length - start);
  out.splice(lengthAt, 4, ...length);
}

/** Reads values; `bytes` begins at an offset that any type may begin at. */
export function decodeValues(signature: string, bytes: Buffer): { values: BusValue[]; length: number } {
  const reader = { bytes, at: 0 };
  const values = typesOf(signature).map((type) => decode(reader, type));
  return { values, length: reader.at };
}

interface Reader {
  bytes: Buffer;
  at: number;
}

function decode(reader: Reader, type: string): BusValue {
  reader.at += paddingFor(type, reader.at);
  switch (type[0]) {
    case 'y':
      return reader.bytes.readUInt8(reader.at++);
    case 'b':
      return decodeUnsigned(reader) !== 0;
    case 'u':
    case 'h':
      return decodeUnsigned(reader);
    case 'i':
      return decodeUnsigned(reader) | 0;
    case 't':
    case 'x':
      reader.at += 8;
      return reader.bytes.readBigUInt64LE(reader.at - 8);
    case 's':
    case 'o':
      return decodeText(reader, decodeUnsigned(reader));
    case 'g':
      return decodeText(reader, reader.bytes.readUInt8(reader.at++));
    case 'v': {
      const signature = decodeText(reader, reader.bytes.readUInt8(reader.at++));
      return { signature, value: decode(reader, signature) };
    }
    case 'a':
      return decodeArray(reader, type.slice(1));
    case '(':
    case '{':
      return typesOf(type.slice(1, -1)).map((field) => decode(reader, field));
    default:
      throw new Error(`a D-Bus type that is not read here: ${type}`);
  }
}

function decodeUnsigned(reader: Reader): number {
  reader.at += 4;
  return reader.bytes.readUInt32LE(reader.at - 4);
}

function decodeText(reader: Reader, length: number): string {
  const text = reader.bytes.toString('utf8', reader.at, reader.at + length);
  reader.at += length + 1;
  return text;
}

function decodeArray(reader: Reader, type: string): BusValue[] {
  const length = decodeUnsigned(reader);
  reader.at += paddingFor(type, reader.at);
  const end = reader.at + length;
  const values: BusValue[] = [];
  while (reader.at < end) values.push(decode(reader, type));
  return values;
}
