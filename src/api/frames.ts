/** Docker's multiplexed stream: each frame is `[stream, 0, 0, 0, length u32 big-endian]` and its payload. */
export type FrameStream = 'stdout' | 'stderr';

/** The stream of tug's own last frame, which tells how the process ended: JSON, an Ending. Docker's stand at 0 to 3. */
export const endStream = 4;

/** The payload of the last frame of `/tug/run` and `/tug/exec`. */
export type Ending = { StatusCode: number } | { error: { status: number; message: string } };

/** One frame. */
export function frame(stream: FrameStream, payload: Uint8Array): Buffer {
  return frameOf(stream === 'stdout' ? 1 : 2, payload);
}

/** The frame after the last one of the output. */
export function endFrame(ending: Ending): Buffer {
  return frameOf(endStream, Buffer.from(JSON.stringify(ending)));
}

function frameOf(stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(8 + payload.length);
  bytes.writeUInt32BE(stream * 0x01000000, 0);
  bytes.writeUInt32BE(payload.length, 4);
  bytes.set(payload, 8);
  return bytes;
}
