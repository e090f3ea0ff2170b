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
  const values: Value[] = [];
  let at = 0;
  const number = (size: number): number => {
    at += size;
    return bytes.readUIntBE(at - size, size);
  };
  const text = (size: number): string => {
    at += size;
    return bytes.toString('latin1', at - size, at);
  };
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
  while (at < bytes.length) values.push(value());
  return values;
}

/** The ids of the chunks that bytes, whole messages, ask to be acknowledged. */
export function takeChunks(bytes: Buffer): string[] {
  return unpack(bytes).flatMap((message) => {
    const option = Array.isArray(message) ? message[3] : undefined;
    const chunk = typeof option === 'object' && !Array.isArray(option) ? option.chunk : undefined;
    return typeof chunk === 'string' ? [chunk] : [];
  });
}
