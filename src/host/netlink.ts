import { SystemError } from './errno.ts';
import { syscall, trySyscall } from './syscall.ts';

/** Encoding and decoding of netlink messages and their attributes, and a socket that sends them and reads the answers. */

export const NetlinkFlag = {
  request: 1,
  ack: 4,
  dump: 0x300,
  replace: 0x100,
  excl: 0x200,
  create: 0x400,
  append: 0x800,
};
const nested = 0x8000;
const headerSize = 16;
const errorType = 2;
const doneType = 3;

const padded = (length: number): number => (length + 3) & ~3;

/** One attribute with its header, padded to four bytes. */
export function attribute(type: number, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(padded(4 + payload.byteLength));
  out.writeUInt16LE(4 + payload.byteLength, 0);
  out.writeUInt16LE(type, 2);
  out.set(payload, 4);
  return out;
}

/** An attribute that holds attributes. */
export function nest(type: number, ...children: Uint8Array[]): Buffer {
  return attribute(type | nested, Buffer.concat(children));
}

/** A text attribute, NUL-terminated. */
export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

/** A 32-bit attribute in the machine's order (x86_64 and arm64 are little-endian), as rtnetlink has them. */
export function u32(type: number, value: number): Buffer {
  return attribute(type, word(value));
}

/** A 32-bit attribute in network order, as nfnetlink has them; negative values are two's complement. */
export function be32(type: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeInt32BE(value | 0);
  return attribute(type, payload);
}

/** Four bytes in the machine's order. */
export function word(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value >>> 0);
  return out;
}

/** A whole message: header, the family's own header, attributes. */
export function message(type: number, flags: number, ...parts: Uint8Array[]): Buffer {
  const out = Buffer.concat([Buffer.alloc(headerSize), ...parts]);
  out.writeUInt32LE(out.length, 0);
  out.writeUInt16LE(type, 4);
  out.writeUInt16LE(flags | NetlinkFlag.request, 6);
  return out;
}

/** Attributes by type, without the nested bit; of repeated ones the last. */
export function attributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(attributeList(bytes).map(({ type, value }) => [type, value]));
}

/** Attributes in their order. */
export function attributeList(bytes: Buffer): { type: number; value: Buffer }[] {
  const out: { type: number; value: Buffer }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    out.push({ type: bytes.readUInt16LE(at + 2) & 0x3fff, value: bytes.subarray(at + 4, at + length) });
    at += padded(length);
  }
  return out;
}

/** The text of an attribute up to its NUL. */
export function textOf(value: Buffer | undefined): string {
  return value === undefined ? '' : value.toString('utf8').replace(/\0.*$/s, '');
}

/** A socket of one netlink protocol in the caller's network namespace. Calls block for the kernel's answer (tens of µs). */
export interface NetlinkSocket {
  /** Sends messages as one datagram and waits for the last one's acknowledgement; the first refusal is thrown as SystemError. */
  send(what: string, messages: Uint8Array[]): void;
  /** One request that is answered by data (NLM_F_DUMP or NLM_F_ACK tells its end); `visit` sees each answer's type and body (without the netlink header). */
  dump(what: string, request: Uint8Array, visit: (type: number, body: Buffer) => void): void;
  close(): void;
}

const netlinkFamily = 16;
const rawCloexec = 3 | 0x80000;
const solNetlink = 270;
const extendedAck = 11;
const solSocket = 1;
const receiveTimeout = 20;

function openSocket(protocol: number): number {
  const fd = syscall('socket', netlinkFamily, rawCloexec, protocol);
  trySyscall('setsockopt', fd, solNetlink, extendedAck, word(1), 4);
  const fiveSeconds = Buffer.alloc(16);
  fiveSeconds.writeBigInt64LE(5n);
  trySyscall('setsockopt', fd, solSocket, receiveTimeout, fiveSeconds, 16);
  return fd;
}

/** Opens a netlink socket (NETLINK_ROUTE 0, NETLINK_NETFILTER 12). The caller closes it. */
export function openNetlink(protocol: number): NetlinkSocket {
  const buffer = Buffer.alloc(1 << 17);
  let fd = -1;
  let sequence = 0;

  const close = (): void => {
    if (fd >= 0) trySyscall('close', fd);
    fd = -1;
  };
  const broken = (what: string, errno: number): SystemError => {
    close();
    return new SystemError('netlink', errno, what);
  };
  const transmit = (what: string, bytes: Buffer): void => {
    if (fd < 0) fd = openSocket(protocol);
    const sent = trySyscall('sendto', fd, bytes, bytes.length, 0, 0, 0);
    if (sent < 0) throw broken(what, -sent);
  };
  const receive = (what: string): Answer[] => {
    const got = trySyscall('recvfrom', fd, buffer, buffer.length, 0, 0, 0);
    if (got < 0) throw broken(what, -got);
    return answers(buffer.subarray(0, got));
  };

  return {
    send(what, messages) {
      const copies = messages.map((bytes) => Buffer.from(bytes));
      for (const copy of copies) copy.writeUInt32LE(++sequence, 8);
      const acknowledged = copies.findLast((copy) => (copy.readUInt16LE(6) & NetlinkFlag.ack) !== 0);
      if (acknowledged === undefined) throw new Error(`${what}: no message asks for an acknowledgement`);
      const last = acknowledged.readUInt32LE(8);
      transmit(what, Buffer.concat(copies));
      for (;;) {
        for (const answer of receive(what)) {
          if (answer.type !== errorType) continue;
          if (errnoOf(answer) !== 0) {
            close(); // more answers of the same batch may be queued: they go away with the socket
            throw refusal(what, answer);
          }
          if (answer.sequence === last) return;
        }
      }
    },
    dump(what, request, visit) {
      const copy = Buffer.from(request);
      copy.writeUInt32LE(++sequence, 8);
      transmit(what, copy);
      for (;;) {
        for (const answer of receive(what)) {
          if (answer.sequence !== sequence) continue;
          if (answer.type === doneType) return;
          if (answer.type !== errorType) visit(answer.type, Buffer.from(answer.body));
          else if (errnoOf(answer) === 0) return;
          else throw refusal(what, answer);
        }
      }
    },
    close,
  };
}

interface Answer {
  type: number;
  flags: number;
  sequence: number;
  body: Buffer;
}

function answers(bytes: Buffer): Answer[] {
  const out: Answer[] = [];
  for (let at = 0; at + headerSize <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < headerSize) break;
    out.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + headerSize, at + length),
    });
    at += padded(length);
  }
  return out;
}

function refusal(what: string, answer: Answer): SystemError {
  const reason = reasonOf(answer);
  return new SystemError('netlink', errnoOf(answer), reason ? `${what} (${reason})` : what);
}

const errnoOf = (answer: Answer): number => -answer.body.readInt32LE(0);

/** The kernel's own sentence about a refusal (NLMSGERR_ATTR_MSG), where it has one. */
function reasonOf(answer: Answer): string | undefined {
  const hasTlvs = (answer.flags & 0x200) !== 0;
  const capped = (answer.flags & 0x100) !== 0;
  if (!hasTlvs) return undefined;
  const original = capped ? headerSize : padded(answer.body.readUInt32LE(4));
  return textOf(attributes(answer.body.subarray(4 + original)).get(1)) || undefined;
}
