/** The payload of Docker's multiplexed stream as it comes in pieces of any size: heads of 8 bytes are taken out. */
export function createDeframer(): (bytes: Uint8Array) => Uint8Array[] {
  const head = Buffer.alloc(8);
  let filled = 0;
  let left = 0;
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (left > 0) {
        const piece = bytes.subarray(at, at + left);
        pieces.push(piece);
        left -= piece.length;
        at += piece.length;
        continue;
      }
      head[filled] = bytes[at] ?? 0;
      at += 1;
      filled += 1;
      if (filled < head.length) continue;
      filled = 0;
      left = head.readUInt32BE(4);
    }
    return pieces;
  };
}
