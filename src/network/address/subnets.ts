import { isIP } from 'node:net';
import { ipBytes, ipText } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';

export type Family = 4 | 6;

/** An address as a number, with its family. */
export interface Ip {
  family: Family;
  value: bigint;
}

/** A network: its base address and its prefix. */
export interface Subnet {
  family: Family;
  base: bigint;
  prefix: number;
}

export const widthOf = (family: Family): number => (family === 4 ? 32 : 128);

/** Undefined for what is no address. An IPv4 address in IPv6's clothes is an IPv6 address. */
export function parseIp(text: string): Ip | undefined {
  const family = isIP(text);
  if ((family !== 4 && family !== 6) || text.includes('%')) return undefined;
  return { family, value: BigInt(`0x${ipBytes(text).toString('hex')}`) };
}

export function toText({ family, value }: Ip): string {
  return ipText(toBytes({ family, value })) ?? '';
}

export function toBytes({ family, value }: Ip): Buffer {
  return Buffer.from(value.toString(16).padStart(widthOf(family) / 4, '0'), 'hex');
}

/** `10.0.0.0/8` or an address with a prefix; what stands below the prefix stays in `address`. Undefined for anything else. */
export function parsePrefix(text: string): { address: Ip; subnet: Subnet } | undefined {
  const [, ip = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseIp(ip);
  if (address === undefined || Number(bits) > widthOf(address.family)) return undefined;
  return { address, subnet: subnetOf(address, Number(bits)) };
}

export function maskOf(family: Family, prefix: number): bigint {
  const width = widthOf(family);
  return ((1n << BigInt(prefix)) - 1n) << BigInt(width - prefix);
}

export const sizeOf = ({ family, prefix }: Subnet): bigint => 1n << BigInt(widthOf(family) - prefix);
export const lastOf = (subnet: Subnet): Ip => ({ family: subnet.family, value: subnet.base + sizeOf(subnet) - 1n });
export const subnetOf = ({ family, value }: Ip, prefix: number): Subnet => ({
  family,
  base: value & maskOf(family, prefix),
  prefix,
});
export const describe = ({ family, base, prefix }: Subnet): string => `${toText({ family, value: base })}/${prefix}`;

/** Whether it is large enough to keep its first address, and its last one where there is a broadcast, for itself (RFC 3021, 6164). */
export function keepsEnds({ family, prefix }: Subnet): boolean {
  return prefix < (family === 4 ? 31 : 127);
}

export function contains(subnet: Subnet, ip: Ip): boolean {
  return subnet.family === ip.family && (ip.value & maskOf(subnet.family, subnet.prefix)) === subnet.base;
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

/** `172.18.0.1/16`, as of --bip: the bridge's own address and the network it lies in. */
export function parseBip(text: string): { address: Ip; subnet: Subnet } {
  const found = parsePrefix(text);
  if (found === undefined || found.address.family !== 4 || found.subnet.prefix < 8 || found.subnet.prefix > 30) {
    throw new EngineError(
      'invalid',
      `invalid bridge address ${text}: an IPv4 address and a prefix of 8 to 30 are needed`,
    );
  }
  const { address, subnet } = found;
  if (address.value === subnet.base || address.value === lastOf(subnet).value) {
    throw new EngineError('invalid', `invalid bridge address ${text}: it is not a host of its network`);
  }
  return { address, subnet };
}
