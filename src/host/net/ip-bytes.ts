import { isIPv6 } from 'node:net';

/** An IP address in network order: four bytes, or sixteen. */
export function ipBytes(ip: string): Buffer {
  return isIPv6(ip) ? ip6Bytes(ip) : Buffer.from(ip.split('.').map(Number));
}

/** AF_INET or AF_INET6 of an address. */
export const familyOf = (ip: string): 2 | 10 => (isIPv6(ip) ? 10 : 2);

function ip6Bytes(ip: string): Buffer {
  const plain = ip.replace(/%.*$/, '').replace(/(\d+\.){3}\d+$/, dottedToGroups);
  const [head = '', tail] = plain.split('::');
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const out = Buffer.alloc(16);
  for (const [index, group] of [...left, ...Array<number>(zeros).fill(0), ...right].entries()) {
    out.writeUInt16BE(group, 2 * index);
  }
  return out;
}

const groups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));

function dottedToGroups(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** The text of an address in network order; of IPv6 the shortest (RFC 5952). Undefined for what is no address. */
export function ipText(bytes: Buffer | undefined): string | undefined {
  if (bytes?.length === 4) return [...bytes].join('.');
  if (bytes?.length !== 16) return undefined;
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index));
  const { start, length } = longestZeros(words);
  if (length < 2) return hexWords(words);
  return `${hexWords(words.slice(0, start))}::${hexWords(words.slice(start + length))}`;
}

const hexWords = (words: number[]): string => words.map((word) => word.toString(16)).join(':');

function longestZeros(words: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index + 1 - length, length };
  }
  return best;
}
