/** Where bytes are written to. */
export interface Target {
  bytes: Buffer;
  at: number;
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const opening = bytesOf('{"log":"');
const streamKey = bytesOf(',"stream":"std');
const attrsKey = bytesOf(',"attrs":{');
const timeKey = bytesOf(',"time":"');
const out = bytesOf('out"');
const err = bytesOf('err"');

const [quote, backslash, newline, open, closing] = [0x22, 0x5c, 0x0a, 0x7b, 0x7d];
const [upperZ, blank, letterU] = [0x5a, 0x20, 0x75];
/** A time is no longer than this, quotes and brace included. */
const longestTime = 40;

/** Where the time of a line begins, which its monitor puts last; -1 when something else stands there. */
export function timeOf(block: Buffer, start: number, end: number): number {
  if (block[end - 1] !== closing || block[end - 2] !== quote || block[end - 3] !== upperZ) return -1;
  let at = end - 3;
  const least = Math.max(start, end - longestTime);
  for (let byte = block[at - 1] ?? 0; at > least && byte !== quote; byte = block[--at - 1] ?? 0) {
    if (byte < blank || byte === backslash) return -1;
  }
  return at - start > timeKey.length && matches(block, at - timeKey.length, timeKey) ? at : -1;
}

/**
 * Writes what a line says to `target`; returns where its text ends in the block, or -1 when the line does not begin with a text,
 * or has an escape in it that is left to a parser.
 */
export function takeText(block: Buffer, start: number, target: Target): number {
  if (!matches(block, start, opening)) return -1;
  const { bytes } = target;
  let to = target.at;
  for (let at = start + opening.length; ; ) {
    const byte = block[at++] ?? newline;
    if (byte === quote) {
      target.at = to;
      return at;
    }
    // No text has such bytes; the newline is the end of a line that was torn.
    if (byte < blank) return -1;
    if (byte !== backslash) {
      bytes[to++] = byte;
      continue;
    }
    const name = block[at++] ?? newline;
    const plain = plainEscapes[name] ?? 0;
    if (plain !== 0) {
      bytes[to++] = plain;
      continue;
    }
    const code = name === letterU ? hex4(block, at) : -1;
    // Halves of a pair, which Docker never writes, are left to the parser.
    if (code < 0 || (code >= 0xd800 && code < 0xe000)) return -1;
    at += 4;
    to = writeUtf8(bytes, to, code);
  }
}

/** 1 for stdout and 2 for stderr, when behind the text at `at` only that and attributes stand before `time`; else 0. */
export function streamOf(block: Buffer, at: number, time: number): 0 | 1 | 2 {
  if (!matches(block, at, streamKey)) return 0;
  const name = at + streamKey.length;
  const after = name + out.length;
  const before = time - timeKey.length;
  if (after !== before && !areAttrs(block, after, before)) return 0;
  if (matches(block, name, out)) return 1;
  return matches(block, name, err) ? 2 : 0;
}

/** Whether the line has attributes, which its stream is followed by. */
export function hasAttrs(block: Buffer, at: number): boolean {
  return matches(block, at + streamKey.length + out.length, attrsKey);
}

/** Where a brace opens within, another line may have run into a torn one. */
function areAttrs(block: Buffer, from: number, to: number): boolean {
  if (!matches(block, from, attrsKey) || block[to - 1] !== closing) return false;
  for (let at = from + attrsKey.length; at < to; at++) if (block[at] === open) return false;
  return true;
}

function matches(block: Buffer, at: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) if (block[at + index] !== word[index]) return false;
  return true;
}

/** By the byte behind a backslash. */
const plainEscapes = new Uint8Array(256);
for (const [name, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  plainEscapes[name.charCodeAt(0)] = byte;
}

function hex4(block: Buffer, at: number): number {
  let code = 0;
  for (let index = 0; index < 4; index++) {
    const digit = hexDigit(block[at + index] ?? 0);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function writeUtf8(bytes: Buffer, at: number, code: number): number {
  let to = at;
  if (code < 0x80) {
    bytes[to++] = code;
    return to;
  }
  if (code < 0x800) {
    bytes[to++] = 0xc0 | (code >> 6);
  } else {
    bytes[to++] = 0xe0 | (code >> 12);
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[to++] = 0x80 | (code & 0x3f);
  return to;
}
