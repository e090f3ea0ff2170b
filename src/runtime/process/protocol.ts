/**
 * What is said on a shim's socket, little endian. Whoever connects begins with a hello of 6 bytes: `TUG`, version, `C` (control),
 * `A` (attach), `P` (another shim asks for the pidfd), `R` (the engine asks for the root), `N` (for a netlink socket of the
 * container's namespace) or `H` (it brings a socket that reserves a port), and the wanted streams. The shim answers `TUG`, version.
 * After `H` follow 8 bytes: an IPv4 address (or 0) and its port with the protocol above it, to which what comes is passed on; the
 * answer is the socket's number as an i32, -1 if it was not taken.
 * On a control connection then follow requests of 12 bytes (letter, three zeros, two u32), each answered in order by `A`, and
 * messages of the shim: letter, three zeros, length u32, payload.
 */
export const VERSION = 1;
/** What monitors spoke before their records said it. */
export const FIRST_VERSION = 1;
const MAGIC = Buffer.from(['T', 'U', 'G', String.fromCharCode(VERSION)].join(''));

/** Where a shim stands, as its first message says. */
export const STATES = ['preparing', 'waiting', 'starting', 'running', 'ended', 'told'] as const;

export interface ShimFailure {
  step: number;
  op: number;
  errno: number;
  text: string;
}

export type ShimMessage =
  | { type: 'hello'; state: (typeof STATES)[number]; pid: number; startedAt: Date; token: string }
  | { type: 'ready' }
  /** `unconfined` is the errno of what the shim could not give up of its own powers; 0 if all is well. */
  | { type: 'started'; pid: number; unconfined: number; at: Date }
  | { type: 'failed'; failure: ShimFailure }
  | { type: 'oom' }
  | { type: 'exited'; code: number; oom: boolean; at: Date }
  | { type: 'answer'; errno: number };

export type Request =
  | { type: 'go' | 'abort' | 'release' }
  | { type: 'signal'; signal: number }
  | { type: 'unhold'; fd: number }
  | { type: 'retarget'; fd: number; address: number }
  | { type: 'resize'; rows: number; columns: number };

const letters = { go: 'g', abort: 'a', release: 'r', signal: 'k', resize: 'w', unhold: 'u', retarget: 't' };

const kinds = { control: 'C', attach: 'A', root: 'R', network: 'N', hold: 'H' };

/** The first bytes of a connection. */
export function helloBytes(kind: keyof typeof kinds, streams = 0): Uint8Array {
  return Buffer.concat([MAGIC, Buffer.from(kinds[kind]), Buffer.from([streams])]);
}

export function requestBytes(request: Request): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.write(letters[request.type], 0, 'latin1');
  if (request.type === 'unhold' || request.type === 'retarget') bytes.writeUInt32LE(request.fd, 4);
  if (request.type === 'retarget') bytes.writeUInt32LE(request.address, 8);
  if (request.type === 'signal') bytes.writeUInt32LE(request.signal, 4);
  if (request.type === 'resize') {
    bytes.writeUInt32LE(request.rows, 4);
    bytes.writeUInt32LE(request.columns, 8);
  }
  return bytes;
}

/** Whether these bytes are the answer of a shim that this version understands. */
export function isMagic(bytes: Uint8Array): boolean {
  return MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** Cuts the stream of a control connection into messages; throws on anything that no shim of this version says. */
export function createMessageReader(): (chunk: Uint8Array) => ShimMessage[] {
  let rest: Buffer = Buffer.alloc(0);
  let greeted = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const messages: ShimMessage[] = [];
    if (!greeted && rest.length >= 4) {
      if (!isMagic(rest)) throw new Error('a shim of another version');
      greeted = true;
      rest = rest.subarray(4);
    }
    if (!greeted) return messages;
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32LE(4)) {
      const end = 8 + rest.readUInt32LE(4);
      messages.push(parse(String.fromCharCode(rest[0] ?? 0), rest.subarray(8, end)));
      rest = rest.subarray(end);
    }
    return messages;
  };
}

const dateAt = (bytes: Buffer, offset: number) => new Date(Number(bytes.readBigUInt64LE(offset) / 1_000_000n));
const textAt = (bytes: Buffer, offset: number) => bytes.toString('utf8', offset).replace(/\0.*$/s, '');

function parse(letter: string, body: Buffer): ShimMessage {
  switch (letter) {
    case 'H': {
      const state = STATES[body.readUInt32LE(0)] ?? 'told';
      return { type: 'hello', state, pid: body.readUInt32LE(4), startedAt: dateAt(body, 8), token: textAt(body, 16) };
    }
    case 'R':
      return { type: 'ready' };
    case 'S':
      return { type: 'started', pid: body.readUInt32LE(0), unconfined: body.readUInt32LE(4), at: dateAt(body, 8) };
    case 'F': {
      const [step, op, errno] = [body.readUInt32LE(0), body.readUInt32LE(4), body.readUInt32LE(8)];
      return { type: 'failed', failure: { step, op, errno, text: textAt(body, 12) } };
    }
    case 'X':
      return { type: 'exited', code: body.readUInt32LE(0), oom: body.readUInt32LE(4) === 1, at: dateAt(body, 8) };
    case 'O':
      return { type: 'oom' };
    case 'A':
      return { type: 'answer', errno: body.readInt32LE(0) };
    default:
      throw new Error(`a shim said ${JSON.stringify(letter)}`);
  }
}
