/** Takes the frames of an attached process apart: calls `each` with the stream (1 or 2) and a payload. */
export function createFrames(each: (stream: 1 | 2, payload: Buffer) => void): (bytes: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0);
  return (bytes) => {
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    while (waiting.length >= 8) {
      const length = waiting.readUInt32BE(4);
      if (waiting.length < 8 + length) return;
      each(waiting[0] === 2 ? 2 : 1, waiting.subarray(8, 8 + length));
      waiting = waiting.subarray(8 + length);
    }
  };
}
