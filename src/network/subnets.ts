import { EngineError } from '../kit/index.ts';

/** An IPv4 network: its base address as a number, and its prefix. */
export interface Subnet {
  base: number;
  prefix: number;
}

export function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toText(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 0xff).join('.');
}

export function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);
}

export const maskOf = (prefix: number): number => (prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0);
export const sizeOf = (subnet: Subnet): number => 2 ** (32 - subnet.prefix);
export const subnetOf = (ip: number, prefix: number): Subnet => ({ base: (ip & maskOf(prefix)) >>> 0, prefix });
export const describe = (subnet: Subnet): string => `${toText(subnet.base)}/${subnet.prefix}`;

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

/** `172.18.0.1/16`, as of --bip: the bridge's own address and the network it lies in. */
export function parseBip(text: string): { address: number; subnet: Subnet } {
  const [ip = '', bits = ''] = text.split('/');
  const prefix = Number(bits);
  if (!isIpv4(ip) || !/^\d{1,2}$/.test(bits) || prefix < 8 || prefix > 30) {
    throw new EngineError(
      'invalid',
      `invalid bridge address ${text}: an IPv4 address and a prefix of 8 to 30 are needed`,
    );
  }
  const address = toNumber(ip);
  const subnet = subnetOf(address, prefix);
  if (address === subnet.base || address === subnet.base + sizeOf(subnet) - 1) {
    throw new EngineError('invalid', `invalid bridge address ${text}: it is not a host of its network`);
  }
  return { address, subnet };
}

/** The first of Docker's default pools that overlaps with none of `taken`. */
export function firstFree(taken: Subnet[]): Subnet {
  for (const pool of defaultPools()) {
    if (!taken.some((other) => overlaps(pool, other))) return pool;
  }
  throw new EngineError('internal', 'all predefined address pools have been fully subnetted');
}

function* defaultPools(): Iterable<Subnet> {
  for (let second = 17; second <= 31; second++) yield { base: toNumber(`172.${second}.0.0`), prefix: 16 };
  for (let third = 0; third < 256; third += 16) yield { base: toNumber(`192.168.${third}.0`), prefix: 20 };
}
