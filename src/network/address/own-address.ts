import { contains, overlaps, parseBip, parsePrefix, type Subnet, toText } from './subnets.ts';

/** What is known of the predefined bridge. */
export interface OwnBridge {
  /** As configured. */
  bip: string | undefined;
  /** As configured: where addresses of containers come from. */
  fixedCidr: string | undefined;
  /** The IPv4 addresses that the bridge has, as `172.17.0.1/16`. */
  present: string[];
  /** Whether somebody else made the bridge. */
  foreign: boolean;
  /** An address where nothing says which. */
  otherwise: () => string;
}

export interface OwnAddress {
  /** As of `--bip`. */
  address: string;
  /** The part of its subnet that addresses of containers come from. */
  range?: string;
}

/**
 * The address of the predefined bridge, as Docker chooses: by `--bip`, by what the bridge has, by `--fixed-cidr`. Of several that it has one
 * whose subnet holds the range; one whose subnet does not gives way to the range, but on somebody else's bridge the range gives way.
 */
export function ownAddress({ bip, fixedCidr, present, foreign, otherwise }: OwnBridge): OwnAddress {
  const range = fixedCidr === undefined ? undefined : parsePrefix(fixedCidr)?.subnet;
  const [first] = present;
  if (fixedCidr === undefined || range === undefined) return { address: bip ?? first ?? otherwise() };
  if (bip !== undefined) return { address: bip, range: fixedCidr };
  const around = present.find((address) => holds(parseBip(address).subnet, range));
  if (around !== undefined) return { address: around, range: fixedCidr };
  if (foreign && first !== undefined) return { address: first };
  const within = present.map((address) => parseBip(address)).find(({ address }) => contains(range, address));
  const gateway = within?.address ?? { family: range.family, value: range.base + 1n };
  return { address: `${toText(gateway)}/${range.prefix}`, range: fixedCidr };
}

/** Whether all of the second lies in the first. */
export const holds = (outer: Subnet, inner: Subnet): boolean => outer.prefix <= inner.prefix && overlaps(outer, inner);
