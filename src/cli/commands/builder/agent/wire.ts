/** Texts and numbers as the SSH protocol writes them: each text with its length before it. */
export function text(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A positive number: without zeros before it, but for one where its first bit would be a sign. */
export function integer(value: Uint8Array): Buffer {
  let at = 0;
  while (at < value.length && value[at] === 0) at++;
  const bytes = Buffer.from(value.subarray(at));
  return text((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** Reads such values one after another; throws past the end. */
export function reader(bytes: Buffer): { number(): number; text(): Buffer } {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('ssh: unexpected end of data');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const next = (): number => take(4).readUInt32BE();
  return { number: next, text: () => take(next()) };
}
