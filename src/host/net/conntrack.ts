import { SystemError } from '../calls/errno.ts';
import { attributes, message, NetlinkFlag, nest } from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** One tracked connection, by the two directions' addresses as the kernel keeps them. */
export interface Flow {
  /** As its first packet was sent. */
  original: Direction;
  /** As an answer to it is expected: its source is where the packets really go. */
  reply: Direction;
  /** The original tuple's bytes, by which it is deleted. */
  tuple: Buffer;
}

interface Direction {
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
}

const subsystem = 1 << 8;
const get = subsystem | 1;
const remove = subsystem | 2;
const ipv4 = Buffer.from([2, 0, 0, 0]);
const tupleOriginal = 1;
const tupleReply = 2;
export const udp = 17;

/** All tracked IPv4 flows of a protocol. The whole table is walked: some milliseconds where it is large. */
export function flows(socket: NetlinkSocket, protocol: number): Flow[] {
  const out: Flow[] = [];
  socket.dump('list flows', message(get, NetlinkFlag.dump, ipv4), (_type, body) => {
    const found = attributes(body.subarray(4));
    const tuple = found.get(tupleOriginal) ?? Buffer.alloc(0);
    if (protocolOf(tuple) !== protocol) return;
    out.push({ original: direction(tuple), reply: direction(found.get(tupleReply) ?? Buffer.alloc(0)), tuple });
  });
  return out;
}

/** Forgets a flow: its next packet is a first one again. One that is gone already is no error. */
export function deleteFlow(socket: NetlinkSocket, flow: Flow): void {
  try {
    socket.send('forget a flow', [message(remove, NetlinkFlag.ack, ipv4, nest(tupleOriginal, flow.tuple))]);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
  }
}

function protocolOf(tuple: Buffer): number {
  return attributes(attributes(tuple).get(2) ?? Buffer.alloc(0)).get(1)?.[0] ?? 0;
}

function direction(tuple: Buffer): Direction {
  const parts = attributes(tuple);
  const address = attributes(parts.get(1) ?? Buffer.alloc(0));
  const ports = attributes(parts.get(2) ?? Buffer.alloc(0));
  const ip = (type: number): string => [...(address.get(type) ?? [])].join('.');
  const port = (type: number): number => ports.get(type)?.readUInt16BE(0) ?? 0;
  return { source: ip(1), destination: ip(2), sourcePort: port(2), destinationPort: port(3) };
}
