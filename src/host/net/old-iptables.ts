import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { trySyscall } from '../calls/syscall.ts';

/** The filter table of iptables' old kind, as the kernel gives it to who asks by socket option: for one family of addresses. */
interface Family {
  domain: number;
  level: number;
  tables: string;
  /** Within an entry: where the distance to the next one stands, and its counters. */
  next: number;
  counters: number;
}

const families: Family[] = [
  { domain: 2, level: 0, tables: '/proc/thread-self/net/ip_tables_names', next: 90, counters: 96 },
  { domain: 10, level: 41, tables: '/proc/thread-self/net/ip6_tables_names', next: 142, counters: 152 },
];
const raw = 3 | 0x80000; // SOCK_RAW, close-on-exec
const anyProtocol = 255;
const getInfo = 64;
const getEntries = 65;
const infoSize = 84;
const sizeAt = 80;
const headSize = 40;
const counterSize = 16;

/**
 * A text that changes with the rules and policies of the old kind of iptables' tables `filter`, whoever changes them; '' where there are
 * none. nfnetlink knows nothing of them. The table is not made by looking, and packets that are counted change nothing.
 */
export function oldFilterState(): string {
  return families.map(stateOf).join('');
}

function stateOf(family: Family): string {
  // The kernel makes the table for who asks for one that is not there.
  if (!existsSync(family.tables) || !readFileSync(family.tables, 'utf8').split('\n').includes('filter')) return '';
  const socket = trySyscall('socket', family.domain, raw, anyProtocol);
  if (socket < 0) return '';
  try {
    const info = ask(socket, family.level, getInfo, Buffer.alloc(infoSize));
    const size = info?.readUInt32LE(sizeAt) ?? 0;
    const request = Buffer.alloc(headSize + size);
    request.writeUInt32LE(size, 32);
    const entries = ask(socket, family.level, getEntries, request);
    return entries
      ? createHash('sha1')
          .update(withoutCounters(entries.subarray(headSize), family))
          .digest('hex')
      : '';
  } finally {
    trySyscall('close', socket);
  }
}

/** Undefined where the table has become another size since, too: the next look finds it so. */
function ask(socket: number, level: number, option: number, value: Buffer): Buffer | undefined {
  value.write('filter');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  return trySyscall('getsockopt', socket, level, option, value, length) === 0 ? value : undefined;
}

function withoutCounters(entries: Buffer, { next, counters }: Family): Buffer {
  for (let at = 0; at + counters + counterSize <= entries.length; ) {
    entries.fill(0, at + counters, at + counters + counterSize);
    const distance = entries.readUInt16LE(at + next);
    if (distance === 0) break;
    at += distance;
  }
  return entries;
}
