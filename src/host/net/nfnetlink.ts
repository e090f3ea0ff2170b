import { attribute, attributeList, attributes, be32, message, NetlinkFlag, nest, text, textOf } from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** nf_tables messages as bytes, transactions of them, and what dumps say. */

export const netlinkNetfilter = 12;

const subsystem = 10 << 8;
const Nft = {
  newTable: 0,
  delTable: 2,
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
const { ack, create, append, dump } = NetlinkFlag;

function header(family: number, resource = 0): Buffer {
  return Buffer.from([family, 0, resource >> 8, resource & 0xff]);
}

/** NFPROTO_* numbers; tables of `inet` see IPv4 and IPv6. */
export const Family = { any: 0, inet: 1, ipv4: 2, ipv6: 10 };

/** A table, by its family and its name. */
export interface Table {
  family: number;
  name: string;
}

function nft(type: number, flags: number, { family, name }: Table, ...parts: Uint8Array[]): Buffer {
  return message(subsystem | type, flags, header(family), text(1, name), ...parts);
}

/** A request that names no table. */
const bare = (type: number, flags: number): Buffer => message(subsystem | type, flags, header(Family.any));

const edge = (type: number): Buffer => message(type, 0, header(0, 10));

/** Commits messages as one transaction: all or nothing. A refusal is thrown; the kernel takes 11 to 20 ms for one. */
export function commit(socket: NetlinkSocket, what: string, messages: Buffer[]): void {
  const last = messages.at(-1);
  if (last === undefined) return;
  last.writeUInt16LE(last.readUInt16LE(6) | ack, 6);
  socket.send(what, [edge(batchBegin), ...messages, edge(batchEnd)]);
}

/** Makes a table, or does nothing if it is there. */
export function newTable(table: Table): Buffer {
  return nft(Nft.newTable, create, table);
}

/** Takes a table away with all that is in it. */
export function deleteTable(table: Table): Buffer {
  return nft(Nft.delTable, 0, table);
}

export interface Hook {
  type: 'filter' | 'nat';
  /** NF_INET_* number: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting. */
  number: number;
  priority: number;
}

/** Makes a chain (with policy accept where it hooks), or does nothing if it is there. */
export function newChain(table: Table, name: string, hook?: Hook): Buffer {
  const hooked =
    hook === undefined ? [] : [nest(4, be32(1, hook.number), be32(2, hook.priority)), be32(5, 1), text(7, hook.type)];
  return nft(Nft.newChain, create, table, text(3, name), ...hooked);
}

/** Adds a rule at the end of a chain; `comment` shows in `nft list`. */
export function newRule(table: Table, chain: string, expressions: Buffer[], comment?: string): Buffer {
  const note = comment === undefined ? [] : [attribute(7, commentData(comment))];
  return nft(Nft.newRule, create | append, table, text(2, chain), nest(4, ...expressions), ...note);
}

function commentData(comment: string): Buffer {
  const bytes = Buffer.from(`${comment}\0`);
  return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
}

/** Takes all rules out of a chain. */
export function flushChain(table: Table, chain: string): Buffer {
  return nft(Nft.delRule, 0, table, text(2, chain));
}

/** Types as the nft program knows them: their number, and the bytes each takes in a register. */
export const NftType = {
  ipv4: { number: 7, size: 4 },
  ipv6: { number: 8, size: 16 },
  protocol: { number: 12, size: 4 },
  port: { number: 13, size: 4 },
  interface: { number: 41, size: 16 },
};
export type NftType = (typeof NftType)[keyof typeof NftType];

/** What the nft program must be told to show names of interfaces. */
const keyInHostOrder = Buffer.from([0, 4, 1, 0, 0, 0]);

const concatenated = (types: NftType[]): number => types.reduce((sum, { number }) => (sum << 6) | number, 0);
const sizeOf = (types: NftType[]): number => types.reduce((sum, { size }) => sum + size, 0);

export interface MapTypes {
  key: NftType[];
  data?: NftType[];
  /** Its elements come in pairs: where a range begins, and where it has ended. */
  interval?: boolean;
}

/**
 * Makes a map from one concatenation of types to another (a set, without data), or does nothing if it is there. `id` is unique in
 * the transaction.
 */
export function newMap(table: Table, name: string, id: number, types: MapTypes): Buffer {
  const { key, data } = types;
  const flags = (data === undefined ? 0 : 8) | (types.interval ? 4 : 0);
  return nft(
    Nft.newSet,
    create,
    table,
    text(2, name),
    be32(3, flags),
    be32(4, concatenated(key)),
    be32(5, sizeOf(key)),
    ...(data === undefined ? [] : [be32(6, concatenated(data)), be32(7, sizeOf(data))]),
    be32(10, id),
    ...(key.length === 1 && key[0] === NftType.interface ? [attribute(13, keyInHostOrder)] : []),
  );
}

/** An element of a map or, without data, of a set. */
export interface MapElement {
  key: Buffer;
  data: Buffer;
  /** It ends a range that another begins. */
  end?: boolean;
}

/** Adds elements to a map; one that is there with the same data is no error, with other data it is refused. */
export function addElements(table: Table, map: string, elements: MapElement[]): Buffer {
  const list = elements.map((element) => nest(1, ...keyParts(element), ...dataParts(element)));
  return nft(Nft.newElements, create, table, text(2, map), nest(3, ...list));
}

/** Removes elements; one that is not there makes the kernel refuse the transaction. */
export function deleteElements(table: Table, map: string, elements: MapElement[]): Buffer {
  const list = elements.map((element) => nest(1, ...keyParts(element)));
  return nft(Nft.delElements, 0, table, text(2, map), nest(3, ...list));
}

const keyParts = ({ key, end }: MapElement): Buffer[] => [nest(1, attribute(1, key)), ...(end ? [be32(3, 1)] : [])];
const dataParts = ({ data }: MapElement): Buffer[] => (data.length > 0 ? [nest(2, attribute(1, data))] : []);

/** The elements of a map; throws ENOENT where there is no such table or map. */
export function elementsOf(socket: NetlinkSocket, table: Table, map: string): MapElement[] {
  const out: MapElement[] = [];
  const request = nft(Nft.getElements, dump, table, text(2, map));
  socket.dump(`list elements of ${table.name} ${map}`, request, (_type, body) => {
    for (const element of attributeList(attributes(body.subarray(4)).get(3) ?? Buffer.alloc(0))) {
      const parts = attributes(element.value);
      const value = (type: number): Buffer => attributes(parts.get(type) ?? Buffer.alloc(0)).get(1) ?? Buffer.alloc(0);
      const end = ((parts.get(3)?.readUInt32BE(0) ?? 0) & 1) !== 0;
      out.push({ key: value(1), data: value(2), ...(end && { end }) });
    }
  });
  return out;
}

export interface ChainInfo {
  family: number;
  table: string;
  name: string;
  /** NF_INET_* number of a chain that hooks. */
  hook?: number;
  /** 0 is drop, 1 accept. */
  policy?: number;
}

/** All chains of all tables. */
export function chains(socket: NetlinkSocket): ChainInfo[] {
  const out: ChainInfo[] = [];
  socket.dump('list chains', bare(Nft.getChain, dump), (_type, body) => {
    const found = attributes(body.subarray(4));
    const hook = found.get(4);
    const number = hook && attributes(hook).get(1)?.readUInt32BE(0);
    const policy = found.get(5)?.readUInt32BE(0);
    out.push({
      family: body[0] ?? 0,
      table: textOf(found.get(1)),
      name: textOf(found.get(3)),
      ...(number === undefined ? {} : { hook: number }),
      ...(policy === undefined ? {} : { policy }),
    });
  });
  return out;
}

/** A chain's rules in their order, by handle and comment ('' without one). */
export function rules(socket: NetlinkSocket, table: Table, chain: string): { handle: Buffer; comment: string }[] {
  const out: { handle: Buffer; comment: string }[] = [];
  socket.dump('list rules', nft(Nft.getRule, dump, table, text(2, chain)), (_type, body) => {
    const found = attributes(body.subarray(4));
    const data = found.get(7);
    const comment = data !== undefined && data[0] === 0 ? textOf(data.subarray(2)) : '';
    out.push({ handle: Buffer.from(found.get(3) ?? []), comment });
  });
  return out;
}

/** Takes one rule away, by the handle that `rules` gave. */
export function deleteRule(table: Table, chain: string, handle: Buffer): Buffer {
  return nft(Nft.delRule, 0, table, text(2, chain), attribute(3, handle));
}

/** The number of the last committed transaction; any change of any ruleset makes another. */
export function generation(socket: NetlinkSocket): number {
  let id = 0;
  socket.dump('read the generation', bare(Nft.getGeneration, ack), (_type, body) => {
    id = attributes(body.subarray(4)).get(1)?.readUInt32BE(0) ?? 0;
  });
  return id;
}
