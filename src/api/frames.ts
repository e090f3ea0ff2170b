/** Docker's multiplexed stream: each frame is `[stream, 0, 0, 0, length u32 big-endian]` and its payload. */
export type FrameStream = 'stdout' | 'stderr';

/** One frame. */
export function frame(stream: FrameStream, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(8 + payload.length);
  bytes.writeUInt32BE(stream === 'stdout' ? 0x01000000 : 0x02000000, 0);
  bytes.writeUInt32BE(payload.length, 4);
  bytes.set(payload, 8);
  return bytes;
}
