/** Netlink messages and their attributes, as bytes and back. */

export const NetlinkFlag = {
  request: 1,
  ack: 4,
  dump: 0x300,
  replace: 0x100,
  excl: 0x200,
  create: 0x400,
  append: 0x800,
};
const nested = 0x8000;
export const headerSize = 16;

export const padded = (length: number): number => (length + 3) & ~3;

/** One attribute with its header, padded to four bytes. */
export function attribute(type: number, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(padded(4 + payload.byteLength));
  out.writeUInt16LE(4 + payload.byteLength, 0);
  out.writeUInt16LE(type, 2);
  out.set(payload, 4);
  return out;
}

/** An attribute that holds attributes. */
export function nest(type: number, ...children: Uint8Array[]): Buffer {
  return attribute(type | nested, Buffer.concat(children));
}

/** A text attribute, NUL-terminated. */
export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

/** A 32-bit attribute in the machine's order (x86_64 and arm64 are little-endian), as rtnetlink has them. */
export function u32(type: number, value: number): Buffer {
  return attribute(type, word(value));
}

/** A 32-bit attribute in network order, as nfnetlink has them; negative values are two's complement. */
export function be32(type: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeInt32BE(value | 0);
  return attribute(type, payload);
}

/** Four bytes in the machine's order. */
export function word(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value >>> 0);
  return out;
}

/** A whole message: header, the family's own header, attributes. */
export function message(type: number, flags: number, ...parts: Uint8Array[]): Buffer {
  const out = Buffer.concat([Buffer.alloc(headerSize), ...parts]);
  out.writeUInt32LE(out.length, 0);
  out.writeUInt16LE(type, 4);
  out.writeUInt16LE(flags | NetlinkFlag.request, 6);
  return out;
}

/** Attributes by type, without the nested bit; of repeated ones the last. */
export function attributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(attributeList(bytes).map(({ type, value }) => [type, value]));
}

/** Attributes in their order. */
export function attributeList(bytes: Buffer): { type: number; value: Buffer }[] {
  const out: { type: number; value: Buffer }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    out.push({ type: bytes.readUInt16LE(at + 2) & 0x3fff, value: bytes.subarray(at + 4, at + length) });
    at += padded(length);
  }
  return out;
}

/** The text of an attribute up to its NUL. */
export function textOf(value: Buffer | undefined): string {
  return value === undefined ? '' : value.toString('utf8').replace(/\0.*$/s, '');
}

export interface Answer {
  type: number;
  flags: number;
  sequence: number;
  body: Buffer;
}

/** The messages of one datagram from the kernel. */
export function answers(bytes: Buffer): Answer[] {
  const out: Answer[] = [];
  for (let at = 0; at + headerSize <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < headerSize) break;
    out.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + headerSize, at + length),
    });
    at += padded(length);
  }
  return out;
}

/** The messages of one datagram, apart. */
export function split(datagram: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at + headerSize <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    out.push(datagram.subarray(at, at + length));
    at += padded(length);
  }
  return out;
}
