import { EngineError } from '../../kit/index.ts';
import { contains, type Ip, keepsEnds, lastOf, type Subnet } from './subnets.ts';

/** Hands out the addresses of one subnet, the lowest free one first, as Docker does. */
export interface Addresses {
  /** The lowest free one of the range, or the one asked for; throws, as `forbidden` in Docker's words, when it is not free. */
  take(wanted?: Ip): Ip;
  /** Marks an address of an earlier engine's life as taken. */
  claim(address: Ip): void;
  /** The address is free again once `isGone` says that its last holder's link has left the kernel. */
  giveBack(address: Ip, link: number): void;
}

export function createAddresses(options: {
  subnet: Subnet;
  /** The part of the subnet that addresses nobody asked for come from. */
  range?: Subnet;
  /** Never given: the gateway, and auxiliary addresses. */
  reserved: Ip[];
  /** Whether the kernel has no link of that number any more. */
  isGone: (link: number) => boolean;
  /** Takes away the link that an address is waited for. */
  evict: (link: number) => void;
}): Addresses {
  const { subnet, isGone, evict } = options;
  const range = options.range ?? subnet;
  const reserved = new Set(options.reserved.map(({ value }) => value));
  const taken = new Set<bigint>();
  const draining = new Map<bigint, number>();
  const { family } = subnet;
  // IPv4 has a broadcast address, and neither family gives the network's own.
  const ends = new Set(keepsEnds(subnet) ? [subnet.base, ...(family === 4 ? [lastOf(subnet).value] : [])] : []);

  const isFree = (address: bigint): boolean => {
    if (taken.has(address) || reserved.has(address) || ends.has(address)) return false;
    const link = draining.get(address);
    if (link === undefined) return true;
    if (!isGone(link)) return false;
    draining.delete(address);
    return true;
  };

  const firstFree = (): bigint | undefined => {
    const end = lastOf(range).value;
    for (let address = range.base; address <= end; address++) if (isFree(address)) return address;
    return undefined;
  };

  return {
    take(wanted) {
      // Who comes back to his own address does not wait until the kernel has cleared up after him.
      const last = wanted && draining.get(wanted.value);
      if (last !== undefined && !isGone(last)) evict(last);
      if (wanted !== undefined && (!contains(subnet, wanted) || !isFree(wanted.value))) {
        throw new EngineError('forbidden', 'Address already in use');
      }
      const value = wanted?.value ?? firstFree();
      if (value === undefined) {
        throw new EngineError('internal', `no available IPv${family} addresses on this network's address pools`);
      }
      taken.add(value);
      return { family, value };
    },
    claim({ value }) {
      taken.add(value);
    },
    giveBack({ value }, link) {
      if (taken.delete(value)) draining.set(value, link);
    },
  };
}
