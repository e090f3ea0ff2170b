import { invalidHeader } from './bytes.ts';

/** One 512-byte header block as it stands. Texts are byte strings: each character is one byte. */
export interface Header {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  type: string;
  linkName: string;
  device: [major: number, minor: number];
}

const CHECKSUM = 148;

/** The header in a block; an EngineError where the block is none. */
export function parseHeader(block: Uint8Array): Header {
  const bytes = Buffer.from(block.buffer, block.byteOffset, 512);
  if (!checksumHolds(bytes)) throw invalidHeader();
  const magic = bytes.toString('latin1', 257, 265);
  const posix = magic.startsWith('ustar\0');
  const known = posix || magic === 'ustar  \0';
  const prefix = posix ? text(bytes, 345, bytes.toString('latin1', 508, 512) === 'tar\0' ? 131 : 155) : '';
  const name = text(bytes, 0, 100);
  return {
    name: prefix ? `${prefix}/${name}` : name,
    mode: count(bytes, 100, 8),
    uid: count(bytes, 108, 8),
    gid: count(bytes, 116, 8),
    size: count(bytes, 124, 12),
    mtime: numeric(bytes, 136, 12),
    type: String.fromCharCode(bytes[156] ?? 0),
    linkName: text(bytes, 157, 100),
    device: known ? [count(bytes, 329, 8), count(bytes, 337, 8)] : [0, 0],
  };
}

/** The sum of all bytes, its own field taken as spaces; some old archivers summed them as signed. */
function checksumHolds(bytes: Buffer): boolean {
  const stated = octal(bytes, CHECKSUM, 8);
  const plain = bytes.subarray(CHECKSUM, CHECKSUM + 8);
  const blanks = 8 * 32;
  return stated === sum(bytes) - sum(plain) + blanks || stated === sumOfSigned(bytes) - sumOfSigned(plain) + blanks;
}

function sum(bytes: Buffer): number {
  let total = 0;
  for (let index = 0; index < bytes.length; index++) total += bytes[index] ?? 0;
  return total;
}

function sumOfSigned(bytes: Buffer): number {
  return bytes.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0);
}

function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.toString('latin1', start, start + length);
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}

/** A number that cannot be negative. */
export function count(bytes: Buffer, start: number, length: number): number {
  const value = numeric(bytes, start, length);
  if (value < 0) throw invalidHeader();
  return value;
}

/** Octal digits, or with the first bit set a big-endian two's complement. */
function numeric(bytes: Buffer, start: number, length: number): number {
  const first = bytes[start] ?? 0;
  if ((first & 0x80) === 0) return octal(bytes, start, length);
  const negative = (first & 0x40) !== 0;
  let value = BigInt(first & 0x3f);
  for (const byte of bytes.subarray(start + 1, start + length)) value = (value << 8n) | BigInt(byte);
  if (negative) value -= 1n << BigInt(length * 8 - 2);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw invalidHeader();
  return number;
}

/** Digits with blanks or NULs around them; what follows a NUL does not count. */
function octal(bytes: Buffer, start: number, length: number): number {
  const end = start + length;
  let at = start;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  while (at < end && bytes[at] === 0x20) at++;
  if (at < end && bytes[at] !== 0) throw invalidHeader();
  return value;
}
