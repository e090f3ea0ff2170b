/** Pieces of MessagePack, each in its shortest form. */
export const packMap = (size: number): Buffer => (size < 16 ? Buffer.from([0x80 | size]) : head(0xde, size, 2));

export const packArray = (size: number): Buffer => Buffer.from([0x90 | size]);

export function packText(text: string | Buffer): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const { length } = bytes;
  if (length < 32) return Buffer.concat([Buffer.from([0xa0 | length]), bytes]);
  if (length < 0x100) return Buffer.concat([head(0xd9, length, 1), bytes]);
  if (length < 0x10000) return Buffer.concat([head(0xda, length, 2), bytes]);
  return Buffer.concat([head(0xdb, length, 4), bytes]);
}

/** Seconds as a signed integer, of 32 bits for as long as they fit. */
export function packSeconds(seconds: number): Buffer {
  if (seconds < 2 ** 31) return head(0xd2, seconds, 4);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xd3;
  bytes.writeBigInt64BE(BigInt(seconds), 1);
  return bytes;
}

/** The forward protocol's extension for a time with nanoseconds. */
export function packEventTime(seconds: number, nanoseconds: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.set([0xd7, 0]);
  bytes.writeUInt32BE(seconds >>> 0, 2);
  bytes.writeUInt32BE(nanoseconds, 6);
  return bytes;
}

function head(kind: number, size: number, width: number): Buffer {
  const bytes = Buffer.alloc(1 + width);
  bytes[0] = kind;
  bytes.writeUIntBE(size, 1, width);
  return bytes;
}

/**
 * The acknowledgements (`{"ack": id}`) at the beginning of what a server said, and how many bytes they are; what is none of them is an
 * Error.
 */
export function takeAcks(bytes: Buffer): { acks: string[]; length: number } {
  const acks: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const key = textAt(bytes, at + 1);
    if (bytes[at] !== 0x81 || (key && key.text !== 'ack')) throw new Error('the answer is no acknowledgement');
    const value = key && textAt(bytes, key.end);
    if (!value) break;
    acks.push(value.text);
    at = value.end;
  }
  return { acks, length: at };
}

/** Undefined while it is not all there. */
function textAt(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  const kind = bytes[at];
  if (kind === undefined) return undefined;
  const width = { 217: 1, 218: 2, 219: 4 }[kind] ?? 0;
  if (width === 0 && (kind & 0xe0) !== 0xa0) throw new Error('the answer is no acknowledgement');
  const start = at + 1 + width;
  if (bytes.length < start) return undefined;
  const end = start + (width === 0 ? kind & 0x1f : bytes.readUIntBE(at + 1, width));
  return bytes.length < end ? undefined : { text: bytes.toString('utf8', start, end), end };
}
