import { EngineError } from '../kit/index.ts';
import { type Subnet, sizeOf } from './subnets.ts';

/** Hands out the addresses of one subnet, the lowest free one first, as Docker does. */
export interface Addresses {
  /** Throws when none is free. */
  take(): number;
  /** Marks an address of an earlier engine's life as taken. */
  claim(address: number): void;
  /** The address is free again once `isGone` says that its last holder's link has left the kernel. */
  giveBack(address: number, link: number): void;
}

/** Links are numbered by their address within 65536, see `linkIndex`; a bridge has no more than 1024 ports anyway. */
const mostHosts = 65_536;

export function createAddresses(options: {
  subnet: Subnet;
  gateway: number;
  /** Whether the kernel has no link of that number any more. */
  isGone: (link: number) => boolean;
}): Addresses {
  const { subnet, gateway, isGone } = options;
  const taken = new Set<number>([gateway]);
  const draining = new Map<number, number>();
  const end = subnet.base + Math.min(sizeOf(subnet), mostHosts) - 1;

  const isFree = (address: number): boolean => {
    if (taken.has(address)) return false;
    const link = draining.get(address);
    if (link === undefined) return true;
    if (!isGone(link)) return false;
    draining.delete(address);
    return true;
  };

  return {
    take() {
      for (let address = subnet.base + 1; address < end; address++) {
        if (!isFree(address)) continue;
        taken.add(address);
        return address;
      }
      throw new EngineError('internal', "no available IPv4 addresses on this network's address pools: bridge");
    },
    claim(address) {
      taken.add(address);
    },
    giveBack(address, link) {
      if (address !== gateway && taken.delete(address)) draining.set(address, link);
    },
  };
}
