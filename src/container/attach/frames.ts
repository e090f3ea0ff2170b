/** Docker's stream framing: which stream in byte 0 (1 stdout, 2 stderr), the length big-endian in bytes 4 to 7. */
export function frame(stream: 'stdout' | 'stderr', bytes: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(8 + bytes.length);
  framed[0] = stream === 'stdout' ? 1 : 2;
  framed.writeUInt32BE(bytes.length, 4);
  framed.set(bytes, 8);
  return framed;
}
