/** A value of MessagePack, as far as the forward protocol has them; a time with nanoseconds is a text. */
export type Value = string | number | Value[] | { [key: string]: Value };

export function packText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([
    bytes.length < 32 ? Buffer.from([0xa0 | bytes.length]) : Buffer.from([0xd9, bytes.length]),
    bytes,
  ]);
}

/** All values that bytes are; texts are latin1, so that every byte is seen. */
export function unpack(bytes: Buffer): Value[] {
  const { values, rest } = unpackWhole(bytes);
  if (rest.length > 0) throw new Error(`${rest.length} bytes are no whole value`);
  return values;
}

class Incomplete extends Error {}

/** The values that have come whole, and the bytes of one that has not. */
function unpackWhole(bytes: Buffer): { values: Value[]; rest: Buffer } {
  const values: Value[] = [];
  let at = 0;
  const take = (size: number): number => {
    if (at + size > bytes.length) throw new Incomplete();
    at += size;
    return at - size;
  };
  const number = (size: number): number => bytes.readUIntBE(take(size), size);
  const text = (size: number): string => bytes.toString('latin1', take(size), at);
  const many = (count: number): Value[] => Array.from({ length: count }, () => value());
  const map = (count: number): Value =>
    Object.fromEntries(Array.from({ length: count }, () => [String(value()), value()]));
  const value = (): Value => {
    const kind = number(1);
    if (kind < 0x80) return kind;
    if (kind < 0x90) return map(kind & 15);
    if (kind < 0xa0) return many(kind & 15);
    if (kind < 0xc0) return text(kind & 31);
    const read = {
      210: () => number(4),
      217: () => text(number(1)),
      218: () => text(number(2)),
      222: () => map(number(2)),
    }[kind];
    if (read) return read();
    if (kind === 0xd7) return `time ${number(1)} ${number(4)} ${number(4)}`;
    throw new Error(`unexpected ${kind.toString(16)} at ${at - 1}`);
  };
  let whole = 0;
  try {
    for (; at < bytes.length; whole = at) values.push(value());
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
  }
  return { values, rest: bytes.subarray(whole) };
}

/** The ids of the chunks that the messages in bytes ask to be acknowledged, and what has come of the message after them. */
export function takeChunks(bytes: Buffer): { chunks: string[]; rest: Buffer } {
  const { values, rest } = unpackWhole(bytes);
  const chunks = values.flatMap((message) => {
    const option = Array.isArray(message) ? message[3] : undefined;
    const chunk = typeof option === 'object' && !Array.isArray(option) ? option.chunk : undefined;
    return typeof chunk === 'string' ? [chunk] : [];
  });
  return { chunks, rest };
}
