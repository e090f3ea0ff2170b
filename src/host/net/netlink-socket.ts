import { SystemError } from '../calls/errno.ts';
import { syscall, trySyscall } from '../calls/syscall.ts';
import { type Answer, answers, attributes, headerSize, NetlinkFlag, padded, textOf, word } from './netlink.ts';

/** A socket of one netlink protocol in the caller's network namespace. Calls block for the kernel's answer (tens of µs). */
export interface NetlinkSocket {
  /** Sends messages as one datagram and waits for the last one's acknowledgement; the first refusal is thrown as SystemError. */
  send(what: string, messages: Uint8Array[]): void;
  /**
   * One request that is answered by data, whose end NLM_F_DUMP or NLM_F_ACK tells; `visit` sees each answer's type and body
   * (without the netlink header). A list that changed under way is read again.
   */
  dump(what: string, request: Uint8Array, visit: (type: number, body: Buffer) => void): void;
  /** Whether a link with that number is in the socket's namespace: asked without the kernel's lock over all links. */
  hasLink(index: number): boolean;
  /** The next call opens it again. */
  close(): void;
}

const netlinkFamily = 16;
const rawCloexec = 3 | 0x80000;
const solNetlink = 270;
const extendedAck = 11;
const solSocket = 1;
const receiveTimeout = 20;
const dumpInterrupted = 0x10;
const interrupted = 4;
const errorType = 2;
const doneType = 3;
const mostTries = 20;
const SIOCGIFNAME = 0x8910;
const interfaceNameSize = 16;
const ENODEV = 19;

/** Opens a netlink socket (NETLINK_ROUTE 0, NETLINK_NETFILTER 12). The caller closes it. */
export function openNetlink(protocol: number): NetlinkSocket {
  return overWire(openWire(protocol));
}

/** The same over a socket that was opened in another namespace, and stays the caller's: what it was sent before is passed over. */
export function openNetlinkOn(fd: number): NetlinkSocket {
  return overWire(openWire(-1, fd), Math.floor(Math.random() * 0x7fff_0000));
}

function overWire(wire: Wire, first = 0): NetlinkSocket {
  let sequence = first;

  /** All that answers one request; undefined if it changed while it was listed. */
  const collect = (what: string, request: Uint8Array): Answer[] | undefined => {
    const copy = Buffer.from(request);
    copy.writeUInt32LE(++sequence, 8);
    wire.transmit(what, copy);
    const out: Answer[] = [];
    let changed = false;
    for (;;) {
      for (const answer of wire.receive(what)) {
        if (answer.sequence !== sequence) continue;
        changed ||= (answer.flags & dumpInterrupted) !== 0;
        if (answer.type === errorType && errnoOf(answer) !== 0) throw refusal(what, answer);
        if (answer.type === errorType || answer.type === doneType) return changed ? undefined : out;
        out.push({ ...answer, body: Buffer.from(answer.body) });
      }
    }
  };

  return {
    send(what, messages) {
      const copies = messages.map((bytes) => Buffer.from(bytes));
      for (const copy of copies) copy.writeUInt32LE(++sequence, 8);
      const acknowledged = copies.findLast((copy) => (copy.readUInt16LE(6) & NetlinkFlag.ack) !== 0);
      if (acknowledged === undefined) throw new Error(`${what}: no message asks for an acknowledgement`);
      const last = acknowledged.readUInt32LE(8);
      wire.transmit(what, Buffer.concat(copies));
      const first = copies[0]?.readUInt32LE(8) ?? last;
      for (;;) {
        for (const answer of wire.receive(what)) {
          if (answer.type !== errorType || answer.sequence < first || answer.sequence > last) continue;
          if (errnoOf(answer) !== 0) {
            wire.close(); // more answers of the same batch may be queued: they go away with the socket
            throw refusal(what, answer);
          }
          if (answer.sequence === last) return;
        }
      }
    },
    dump(what, request, visit) {
      for (let tries = 0; tries < mostTries; tries++) {
        const found = collect(what, request);
        if (found === undefined) continue;
        for (const { type, body } of found) visit(type, body);
        return;
      }
      throw new SystemError('netlink', interrupted, what);
    },
    hasLink: wire.hasLink,
    close: wire.close,
  };
}

interface Wire {
  transmit(what: string, bytes: Buffer): void;
  /** The messages of the next datagram; they stand in a buffer that the next call overwrites. */
  receive(what: string): Answer[];
  hasLink(index: number): boolean;
  close(): void;
}

/** The socket itself, opened by its first use and closed by its first failure. */
function openWire(protocol: number, borrowed = -1): Wire {
  const buffer = Buffer.alloc(1 << 17);
  let fd = borrowed;
  const close = (): void => {
    if (fd >= 0 && borrowed < 0) trySyscall('close', fd);
    fd = borrowed;
  };
  const open = (): number => {
    if (fd < 0) fd = openSocket(protocol);
    return fd;
  };
  const call = (name: 'sendto' | 'recvfrom', what: string, bytes: Buffer): number => {
    for (;;) {
      const result = trySyscall(name, open(), bytes, bytes.length, 0, 0, 0);
      if (result >= 0) return result;
      // A signal that comes in between (Bun's collector sends some) is no end of the call.
      if (result === -interrupted) continue;
      close();
      throw new SystemError('netlink', -result, what);
    }
  };
  return {
    transmit: (what, bytes) => void call('sendto', what, bytes),
    receive: (what) => answers(buffer.subarray(0, call('recvfrom', what, buffer))),
    hasLink: (index) => hasLink(open(), index),
    close,
  };
}

function hasLink(socket: number, index: number): boolean {
  const request = Buffer.alloc(40);
  request.writeInt32LE(index, interfaceNameSize);
  const result = trySyscall('ioctl', socket, SIOCGIFNAME, request);
  if (result < 0 && result !== -ENODEV) throw new SystemError('ioctl', -result, 'look a link up');
  return result >= 0;
}

/** An fd of the network namespace that a socket was opened in (SIOCGSKNS). The caller closes it. */
export function namespaceOf(socket: number): number {
  return syscall('ioctl', socket, 0x894c, 0);
}

function openSocket(protocol: number): number {
  const fd = syscall('socket', netlinkFamily, rawCloexec, protocol);
  trySyscall('setsockopt', fd, solNetlink, extendedAck, word(1), 4);
  const fiveSeconds = Buffer.alloc(16);
  fiveSeconds.writeBigInt64LE(5n);
  trySyscall('setsockopt', fd, solSocket, receiveTimeout, fiveSeconds, 16);
  return fd;
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
