import { attribute, be32, nest, text } from './netlink.ts';

/** The expressions of nf_tables rules, one function for each statement or match, named as the nft language names them. */

const register = 8; // NFT_REG32_00: registers of four bytes follow each other
const dataRegister = 12;

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

const Meta = { iifname: 6, oifname: 7, l4proto: 16 };
const networkHeader = 1;
const transportHeader = 2;
const sourceAt = 12;
const destinationAt = 16;

const interfaceName = (name: string): Buffer => Buffer.concat([Buffer.from(name), Buffer.alloc(16)], 16);
const is = (key: number, name: string, equal: boolean): Buffer[] => [
  load.meta(key),
  compare(equal, interfaceName(name)),
];

export const iifname = (name: string): Buffer[] => is(Meta.iifname, name, true);
export const iifnameNot = (name: string): Buffer[] => is(Meta.iifname, name, false);
export const oifname = (name: string): Buffer[] => is(Meta.oifname, name, true);
export const oifnameNot = (name: string): Buffer[] => is(Meta.oifname, name, false);

function within(offset: number, network: { ip: Buffer; mask: Buffer }): Buffer[] {
  return [load.payload(networkHeader, offset, 4), mask(network.mask), compare(true, network.ip)];
}

/** `ip saddr NETWORK`; address and mask as four bytes each. */
export const saddr = (network: { ip: Buffer; mask: Buffer }): Buffer[] => within(sourceAt, network);
/** `ip daddr NETWORK` */
export const daddr = (network: { ip: Buffer; mask: Buffer }): Buffer[] => within(destinationAt, network);

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

/** `dnat ip to meta l4proto . th dport map @name`, or with `ip daddr .` in front of the key; goes on where the map has none. */
export function dnatByMap(map: string, keyedByAddress: boolean): Buffer[] {
  const address = keyedByAddress ? [load.payload(networkHeader, destinationAt, 4, register)] : [];
  const next = register + address.length;
  return [
    ...address,
    load.meta(Meta.l4proto, next),
    load.payload(transportHeader, 2, 2, next + 1),
    expression('lookup', text(1, map), be32(2, register), be32(3, dataRegister)),
    expression('nat', be32(1, 1), be32(2, 2), be32(3, dataRegister), be32(5, dataRegister + 1)),
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
