import { attribute, be32, nest, text } from './netlink.ts';

/** The expressions of nf_tables rules, one function for each statement or match, named as the nft language names them. */

const register = 8; // NFT_REG32_00: registers of four bytes follow each other

function expression(name: string, ...parts: Buffer[]): Buffer {
  return nest(1, text(1, name), nest(2, ...parts));
}

const load = {
  meta: (key: number, into = register): Buffer => expression('meta', be32(1, into), be32(2, key)),
  ct: (key: number): Buffer => expression('ct', be32(1, register), be32(2, key)),
  payload: (base: number, offset: number, length: number, into = register): Buffer =>
    expression('payload', be32(1, into), be32(2, base), be32(3, offset), be32(4, length)),
};

function compare(equal: boolean, value: Buffer): Buffer {
  return expression('cmp', be32(1, register), be32(2, equal ? 0 : 1), nest(3, attribute(1, value)));
}

function mask(bits: Buffer): Buffer {
  const zero = Buffer.alloc(bits.length);
  const width = be32(3, bits.length);
  return expression(
    'bitwise',
    be32(1, register),
    be32(2, register),
    width,
    nest(4, attribute(1, bits)),
    nest(5, attribute(1, zero)),
  );
}

const Meta = { iifname: 6, oifname: 7, nfproto: 15, l4proto: 16 };
const networkHeader = 1;
const transportHeader = 2;

/** What differs between the two protocols of the net. */
export interface Protocol {
  /** NFPROTO_* number. */
  number: 2 | 10;
  /** Where addresses stand in the header, and how long they are. */
  sourceAt: number;
  destinationAt: number;
  size: 4 | 16;
}

export const ip4: Protocol = { number: 2, sourceAt: 12, destinationAt: 16, size: 4 };
export const ip6: Protocol = { number: 10, sourceAt: 8, destinationAt: 24, size: 16 };

/** `meta nfproto ipv4` or ipv6; a table of the family inet must ask before it looks into a header. */
export const nfproto = ({ number }: Protocol): Buffer[] => [
  load.meta(Meta.nfproto),
  compare(true, Buffer.from([number])),
];

/** `meta l4proto NUMBER` */
export const l4proto = (number: number): Buffer[] => [load.meta(Meta.l4proto), compare(true, Buffer.from([number]))];

const lookup = (set: string, inverted = false): Buffer =>
  expression('lookup', text(1, set), be32(2, register), ...(inverted ? [be32(5, 1)] : []));

/** `iifname @set` and its like: a set of interface names. */
export const iifIn = (set: string): Buffer[] => [load.meta(Meta.iifname), lookup(set)];
export const iifNotIn = (set: string): Buffer[] => [load.meta(Meta.iifname), lookup(set, true)];
export const oifIn = (set: string): Buffer[] => [load.meta(Meta.oifname), lookup(set)];
export const oifNotIn = (set: string): Buffer[] => [load.meta(Meta.oifname), lookup(set, true)];

/** `iifname . oifname @set` */
export const wayIn = (set: string): Buffer[] => [
  load.meta(Meta.iifname),
  load.meta(Meta.oifname, register + 4),
  lookup(set),
];

/** An interface's name as it stands in a register. */
export const interfaceName = (name: string): Buffer => Buffer.concat([Buffer.from(name), Buffer.alloc(16)], 16);

const is = (key: number, name: string): Buffer[] => [load.meta(key), compare(true, interfaceName(name))];

/** `iifname NAME`, `oifname NAME` */
export const iifname = (name: string): Buffer[] => is(Meta.iifname, name);
export const oifname = (name: string): Buffer[] => is(Meta.oifname, name);

/** Address and mask, as many bytes each as the protocol's addresses have. */
interface Network {
  ip: Buffer;
  mask: Buffer;
}

function within(offset: number, { ip, mask: bits }: Network): Buffer[] {
  return [load.payload(networkHeader, offset, ip.length), mask(bits), compare(true, ip)];
}

/** `ip saddr NETWORK` or `ip6 saddr NETWORK`, with the question for the protocol in front. */
export const saddr = (protocol: Protocol, network: Network): Buffer[] => [
  ...nfproto(protocol),
  ...within(protocol.sourceAt, network),
];
/** `ip daddr NETWORK` or `ip6 daddr NETWORK` */
export const daddr = (protocol: Protocol, network: Network): Buffer[] => [
  ...nfproto(protocol),
  ...within(protocol.destinationAt, network),
];

/** `ip saddr @set` */
export const sourceIn = (protocol: Protocol, set: string): Buffer[] => [
  ...nfproto(protocol),
  load.payload(networkHeader, protocol.sourceAt, protocol.size),
  lookup(set),
];

/** `ip daddr . meta l4proto . th dport @set` */
export const destinationIn = (protocol: Protocol, set: string): Buffer[] => [
  ...nfproto(protocol),
  ...destination(protocol, true),
  lookup(set),
];

/** Loads protocol and port of the destination, with its address in front if wanted. */
function destination(protocol: Protocol, withAddress: boolean): Buffer[] {
  const next = register + (withAddress ? protocol.size / 4 : 0);
  return [
    ...(withAddress ? [load.payload(networkHeader, protocol.destinationAt, protocol.size)] : []),
    load.meta(Meta.l4proto, next),
    load.payload(transportHeader, 2, 2, next + 1),
  ];
}

function hasBits(key: number, bits: number): Buffer[] {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(bits);
  return [load.ct(key), mask(word), compare(false, Buffer.alloc(4))];
}

/** `ct state established,related` */
export const ctEstablishedOrRelated = (): Buffer[] => hasBits(0, 2 | 4);
/** `ct status dnat` */
export const ctDnat = (): Buffer[] => hasBits(2, 1 << 5);

/** `fib daddr type != local` */
export function destinationNotLocal(): Buffer[] {
  const local = Buffer.from([2, 0, 0, 0]);
  return [expression('fib', be32(1, register), be32(2, 3), be32(3, 2)), compare(false, local)];
}

/**
 * `dnat ip to meta l4proto . th dport map @name`, or with `ip daddr .` in front of the key; goes on where the map has none. The
 * protocol must have been asked for before.
 */
export function dnatByMap(protocol: Protocol, map: string, keyedByAddress: boolean): Buffer[] {
  const found = register + (keyedByAddress ? 6 : 2);
  const into = protocol.size === 16 ? register : found;
  return [
    ...destination(protocol, keyedByAddress),
    expression('lookup', text(1, map), be32(2, register), be32(3, into)),
    expression('nat', be32(1, 1), be32(2, protocol.number), be32(3, into), be32(5, into + protocol.size / 4)),
  ];
}

/** `snat ip to iifname map @name`; goes on where the map has none. The protocol must have been asked for before. */
export function snatByMap(protocol: Protocol, map: string): Buffer[] {
  const into = register + 4;
  return [
    load.meta(Meta.iifname),
    expression('lookup', text(1, map), be32(2, register), be32(3, into)),
    expression('nat', be32(1, 0), be32(2, protocol.number), be32(3, into)),
  ];
}

export const masquerade = (): Buffer[] => [expression('masq')];
export const counter = (): Buffer[] => [expression('counter')];

function verdict(code: number, chain?: string): Buffer[] {
  const parts = [be32(1, code), ...(chain === undefined ? [] : [text(2, chain)])];
  return [expression('immediate', be32(1, 0), nest(2, nest(2, ...parts)))];
}

export const accept = (): Buffer[] => verdict(1);
export const drop = (): Buffer[] => verdict(0);
export const returns = (): Buffer[] => verdict(-5);
export const jump = (chain: string): Buffer[] => verdict(-3, chain);
