import { attribute, attributeList, attributes, be32, message, NetlinkFlag, nest, text, textOf } from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** nf_tables messages for IPv4 tables as bytes, transactions of them, and what dumps say. */

export const netlinkNetfilter = 12;

const subsystem = 10 << 8;
const Nft = {
  newTable: 0,
  newChain: 3,
  getChain: 4,
  newRule: 6,
  getRule: 7,
  delRule: 8,
  newSet: 9,
  newElements: 12,
  getElements: 13,
  delElements: 14,
  getGeneration: 16,
};
const batchBegin = 0x10;
const batchEnd = 0x11;
const ipv4 = 2;
const { ack, create, append, dump } = NetlinkFlag;

function header(family: number, resource = 0): Buffer {
  return Buffer.from([family, 0, resource >> 8, resource & 0xff]);
}

function nft(type: number, flags: number, ...parts: Uint8Array[]): Buffer {
  return message(subsystem | type, flags, header(ipv4), ...parts);
}

const edge = (type: number): Buffer => message(type, 0, header(0, 10));

/** Commits messages as one transaction: all or nothing. A refusal is thrown; the kernel takes 11 to 20 ms for one. */
export function commit(socket: NetlinkSocket, what: string, messages: Buffer[]): void {
  const last = messages.at(-1);
  if (last === undefined) return;
  last.writeUInt16LE(last.readUInt16LE(6) | ack, 6);
  socket.send(what, [edge(batchBegin), ...messages, edge(batchEnd)]);
}

/** Makes a table, or does nothing if it is there. */
export function newTable(table: string): Buffer {
  return nft(Nft.newTable, create, text(1, table));
}

export interface Hook {
  type: 'filter' | 'nat';
  /** NF_INET_* number: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting. */
  number: number;
  priority: number;
}

/** Makes a chain (with policy accept where it hooks), or does nothing if it is there. */
export function newChain(table: string, name: string, hook?: Hook): Buffer {
  const hooked =
    hook === undefined ? [] : [nest(4, be32(1, hook.number), be32(2, hook.priority)), be32(5, 1), text(7, hook.type)];
  return nft(Nft.newChain, create, text(1, table), text(3, name), ...hooked);
}

/** Adds a rule at the end of a chain; `comment` shows in `nft list`. */
export function newRule(table: string, chain: string, expressions: Buffer[], comment?: string): Buffer {
  const note = comment === undefined ? [] : [attribute(7, commentData(comment))];
  return nft(Nft.newRule, create | append, text(1, table), text(2, chain), nest(4, ...expressions), ...note);
}

function commentData(comment: string): Buffer {
  const bytes = Buffer.from(`${comment}\0`);
  return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
}

/** Takes all rules out of a chain. */
export function flushChain(table: string, chain: string): Buffer {
  return nft(Nft.delRule, 0, text(1, table), text(2, chain));
}

/** Type numbers as the nft program knows them, and the bytes each takes in a register. */
export const NftType = { ipv4: 7, protocol: 12, port: 13 };

const concatenated = (types: number[]): number => types.reduce((sum, type) => (sum << 6) | type, 0);

/** Makes a map from one concatenation of types to another, or does nothing if it is there. `id` is unique in the transaction. */
export function newMap(table: string, name: string, id: number, types: { key: number[]; data: number[] }): Buffer {
  return nft(
    Nft.newSet,
    create,
    text(1, table),
    text(2, name),
    be32(3, 8),
    be32(4, concatenated(types.key)),
    be32(5, 4 * types.key.length),
    be32(6, concatenated(types.data)),
    be32(7, 4 * types.data.length),
    be32(10, id),
  );
}

export interface MapElement {
  key: Buffer;
  data: Buffer;
}

/** Adds elements to a map; one that is there with the same data is no error, with other data it is refused. */
export function addElements(table: string, map: string, elements: MapElement[]): Buffer {
  const list = elements.map(({ key, data }) => nest(1, nest(1, attribute(1, key)), nest(2, attribute(1, data))));
  return nft(Nft.newElements, create, text(1, table), text(2, map), nest(3, ...list));
}

/** Removes elements; one that is not there makes the kernel refuse the transaction. */
export function deleteElements(table: string, map: string, keys: Buffer[]): Buffer {
  const list = keys.map((key) => nest(1, nest(1, attribute(1, key))));
  return nft(Nft.delElements, 0, text(1, table), text(2, map), nest(3, ...list));
}

/** The elements of a map; throws ENOENT where there is no such table or map. */
export function elementsOf(socket: NetlinkSocket, table: string, map: string): MapElement[] {
  const out: MapElement[] = [];
  const request = nft(Nft.getElements, dump, text(1, table), text(2, map));
  socket.dump(`list elements of ${table} ${map}`, request, (_type, body) => {
    for (const element of attributeList(attributes(body.subarray(4)).get(3) ?? Buffer.alloc(0))) {
      const parts = attributes(element.value);
      const value = (type: number): Buffer => attributes(parts.get(type) ?? Buffer.alloc(0)).get(1) ?? Buffer.alloc(0);
      out.push({ key: value(1), data: value(2) });
    }
  });
  return out;
}

export interface ChainInfo {
  table: string;
  name: string;
  /** NF_INET_* number of a chain that hooks. */
  hook?: number;
  /** 0 is drop, 1 accept. */
  policy?: number;
}

/** All chains of IPv4 tables. */
export function chains(socket: NetlinkSocket): ChainInfo[] {
  const out: ChainInfo[] = [];
  socket.dump('list chains', nft(Nft.getChain, dump), (_type, body) => {
    const found = attributes(body.subarray(4));
    const hook = found.get(4);
    const number = hook && attributes(hook).get(1)?.readUInt32BE(0);
    const policy = found.get(5)?.readUInt32BE(0);
    out.push({
      table: textOf(found.get(1)),
      name: textOf(found.get(3)),
      ...(number === undefined ? {} : { hook: number }),
      ...(policy === undefined ? {} : { policy }),
    });
  });
  return out;
}

/** The comments of a chain's rules, in their order; a rule without one is ''. */
export function ruleComments(socket: NetlinkSocket, table: string, chain: string): string[] {
  const out: string[] = [];
  socket.dump('list rules', nft(Nft.getRule, dump, text(1, table), text(2, chain)), (_type, body) => {
    const data = attributes(body.subarray(4)).get(7);
    out.push(data !== undefined && data[0] === 0 ? textOf(data.subarray(2)) : '');
  });
  return out;
}

/** The number of the last committed transaction; any change of any ruleset makes another. */
export function generation(socket: NetlinkSocket): number {
  let id = 0;
  socket.dump('read the generation', nft(Nft.getGeneration, ack), (_type, body) => {
    id = attributes(body.subarray(4)).get(1)?.readUInt32BE(0) ?? 0;
  });
  return id;
}
