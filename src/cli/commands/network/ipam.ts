import { isIPv4, isIPv6 } from 'node:net';

/** One subnet as the engine takes it. */
export interface IpamConfig {
  Subnet: string;
  IPRange?: string;
  Gateway?: string;
  AuxAddress: Record<string, string>;
}

interface Words {
  subnets: string[];
  ranges: string[];
  gateways: string[];
  /** Addresses that are taken already, by name. */
  auxiliary: Record<string, string>;
}

/** Finds to each range, gateway and address the subnet that it lies in; throws Docker's words where there is none. */
export function ipamConfig({ subnets, ranges, gateways, auxiliary }: Words): IpamConfig[] {
  if (subnets.length < ranges.length || subnets.length < gateways.length) {
    throw new Error('every ip-range or gateway must have a corresponding subnet');
  }
  const found = new Map<string, IpamConfig>();
  for (const subnet of subnets) {
    for (const other of found.keys()) {
      if (contains(subnet, other) || contains(other, subnet)) {
        throw new Error('multiple overlapping subnet configuration is not supported');
      }
    }
    found.set(subnet, { Subnet: subnet, AuxAddress: {} });
  }
  const holders = (address: string, what: string) => {
    const holding = [...found.values()].filter(({ Subnet }) => contains(Subnet, address));
    if (holding.length === 0) throw new Error(`no matching subnet for ${what} ${address}`);
    return holding;
  };
  for (const range of ranges) {
    parseCidr(range);
    for (const one of holders(range, 'range')) {
      if (one.IPRange) {
        throw new Error(
          `cannot configure multiple ranges (${range}, ${one.IPRange}) on the same subnet (${one.Subnet})`,
        );
      }
      one.IPRange = range;
    }
  }
  for (const gateway of gateways) {
    for (const one of holders(gateway, 'gateway')) {
      if (one.Gateway) {
        throw new Error(
          `cannot configure multiple gateways (${gateway}, ${one.Gateway}) for the same subnet (${one.Subnet})`,
        );
      }
      one.Gateway = gateway;
    }
  }
  for (const [name, address] of Object.entries(auxiliary)) {
    for (const one of holders(address, 'aux-address')) one.AuxAddress[name] = address;
  }
  return [...found.values()];
}

/** Whether an address, or a range's first one, lies in a subnet. */
function contains(subnet: string, data: string): boolean {
  const { bits, size, prefix } = parseSubnet(subnet);
  const address = data.includes('/') ? parseCidr(data) : parseAddress(data);
  if (!address || address.size !== size) return false;
  const shift = BigInt(size - prefix);
  return bits >> shift === address.bits >> shift;
}

function parseSubnet(text: string): { bits: bigint; size: number; prefix: number } {
  try {
    return parseCidr(text);
  } catch (error) {
    throw new Error(`invalid subnet: ${(error as Error).message}`, { cause: error });
  }
}

function parseCidr(text: string): { bits: bigint; size: number; prefix: number } {
  const [address = '', length = ''] = text.split('/');
  const parsed = parseAddress(address);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (!text.includes('/') || !parsed || prefix < 0 || prefix > parsed.size) {
    throw new Error(`invalid CIDR address: ${text}`);
  }
  return { ...parsed, prefix };
}

function parseAddress(text: string): { bits: bigint; size: number } | undefined {
  if (isIPv4(text)) return { bits: fromParts(text.split('.').map(Number), 8n), size: 32 };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head = '', tail] = text.split('::');
  const [before, after] = [ipv6Parts(head), ipv6Parts(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return { bits: fromParts([...before, ...Array<number>(zeros).fill(0), ...after], 16n), size: 128 };
}

function ipv6Parts(half: string): number[] {
  return half === '' ? [] : half.split(':').flatMap(ipv6Part);
}

/** The last part of an IPv6 address may be written as an IPv4 address. */
function ipv6Part(part: string): number[] {
  if (!part.includes('.')) return [Number.parseInt(part, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

function fromParts(parts: number[], width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) | BigInt(part), 0n);
}
