import { EngineError } from '../kit/index.ts';
import { type Subnet, sizeOf } from './subnets.ts';

/** Hands out the addresses of one subnet, the lowest free one first, as Docker does. */
export interface Addresses {
  /** Throws when none is free. */
  take(): number;
  /** Marks an address of an earlier engine's life as taken. */
  claim(address: number): void;
  /** The address is free again once `isGone` says that its last holder's link has left the kernel. */
  giveBack(address: number): void;
}

/** Bridge ports carry numbers below 65536, see link-names; a kernel's bridge has at most 1024 ports. */
const mostHosts = 65_536;

export function createAddresses(options: {
  subnet: Subnet;
  gateway: number;
  isGone: (address: number) => boolean;
}): Addresses {
  const { subnet, gateway, isGone } = options;
  const taken = new Set<number>([gateway]);
  const draining = new Set<number>();
  const end = subnet.base + Math.min(sizeOf(subnet), mostHosts) - 1;

  const isFree = (address: number): boolean => {
    if (taken.has(address)) return false;
    if (!draining.has(address)) return true;
    if (!isGone(address)) return false;
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
    giveBack(address) {
      if (address !== gateway && taken.delete(address)) draining.add(address);
    },
  };
}
