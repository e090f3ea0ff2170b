export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** The status of a close frame: what the other side sent makes no sense. */
export const protocolError = 1002;
export const normalEnd = 1000;

/** One whole message, as a server sends it: not masked. */
export function encodeFrame(opcode: Opcode, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 0x10000 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = length;
  else if (length < 0x10000) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

export function encodeClose(status: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(status);
  return encodeFrame(opcodes.close, payload);
}

/** What a client's bytes say, as they come. */
export interface FrameListener {
  /** Payload of text or binary messages, in pieces. */
  data(bytes: Buffer): void;
  /** A ping, a pong or a close with all of its payload. */
  control(opcode: Opcode, payload: Buffer): void;
}

interface Frame {
  opcode: number;
  left: number;
  mask: Buffer;
  /** How far into the mask the next byte is. */
  at: number;
  /** Of a control frame, which is handed on whole. */
  held: Buffer[];
}

/** Takes a client's bytes; throws when they are no frames of a client. */
export function createFrameReader(listener: FrameListener): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let frame: Frame | undefined;
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      if (frame === undefined) {
        const head = readHead(rest);
        if (head === undefined) return;
        frame = head.frame;
        rest = rest.subarray(head.length);
      }
      const piece = unmask(rest.subarray(0, frame.left), frame);
      rest = rest.subarray(piece.length);
      frame.left -= piece.length;
      if (frame.opcode >= opcodes.close) frame.held.push(piece);
      else if (piece.length > 0) listener.data(piece);
      if (frame.left > 0) return;
      if (frame.opcode >= opcodes.close) listener.control(frame.opcode as Opcode, Buffer.concat(frame.held));
      frame = undefined;
    }
  };
}

function readHead(bytes: Buffer): { frame: Frame; length: number } | undefined {
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const length = 2 + extended + 4;
  if (bytes.length < 2) return undefined;
  const opcode = first & 0x0f;
  const known = opcode <= opcodes.binary || (opcode >= opcodes.close && opcode <= opcodes.pong);
  const badControl = opcode >= opcodes.close && (short > 125 || (first & 0x80) === 0);
  if ((first & 0x70) !== 0 || !known || badControl) throw new Error('websocket: bad frame');
  if ((second & 0x80) === 0) throw new Error('websocket: a client must mask its frames');
  if (bytes.length < length) return undefined;
  const left = extended === 2 ? bytes.readUInt16BE(2) : extended === 8 ? bytes.readBigUInt64BE(2) : short;
  if (left > Number.MAX_SAFE_INTEGER) throw new Error('websocket: bad frame');
  const mask = bytes.subarray(length - 4, length);
  return { frame: { opcode, left: Number(left), mask, at: 0, held: [] }, length };
}

function unmask(bytes: Buffer, frame: Frame): Buffer {
  const plain = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) plain[i] = (bytes[i] ?? 0) ^ (frame.mask[(frame.at + i) & 3] ?? 0);
  frame.at += bytes.length;
  return plain;
}
