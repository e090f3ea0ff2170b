import { createHash } from 'node:crypto';
import { EngineError } from '../../kit/index.ts';
import { parsePrefix, type Subnet, sizeOf, widthOf } from './subnets.ts';

/** A range that networks without a subnet of their own are cut from, `size` being the prefix of each. */
export interface Pool {
  base: string;
  size: number;
}

/** Docker's pools, which the default bridge comes from. */
const dockerPools: Pool[] = [
  ...Array.from({ length: 15 }, (_, index) => ({ base: `172.${17 + index}.0.0/16`, size: 16 })),
  { base: '192.168.0.0/16', size: 20 },
];

/** For user-defined networks the same ranges in pieces of 256 addresses: room for thousands of networks instead of 31. */
const smallPools: Pool[] = [
  ...Array.from({ length: 14 }, (_, index) => ({ base: `172.${18 + index}.0.0/16`, size: 24 })),
  { base: '192.168.0.0/16', size: 24 },
];

/** The first free subnet for the default bridge. */
export function firstForBridge(taken: Subnet[], configured: Pool[] = []): Subnet {
  return firstFree(ofFamily(configured, 4) ?? dockerPools, taken);
}

/** The first free subnet of a family for a user-defined network. `engine` is what the IPv6 range is made from if none is configured. */
export function firstForNetwork(family: 4 | 6, taken: Subnet[], configured: Pool[], engine: string): Subnet {
  const standard = family === 4 ? smallPools : [localPool(engine)];
  return firstFree(ofFamily(configured, family) ?? standard, taken);
}

function ofFamily(pools: Pool[], family: 4 | 6): Pool[] | undefined {
  const found = pools.filter(({ base }) => parsePrefix(base)?.subnet.family === family);
  return found.length > 0 ? found : undefined;
}

/** A unique local /48 (RFC 4193), the same at every start of an engine and another for every engine. */
function localPool(engine: string): Pool {
  const hex = createHash('sha256').update(engine).digest('hex');
  return { base: `fd${hex.slice(0, 2)}:${hex.slice(2, 6)}:${hex.slice(6, 10)}::/48`, size: 64 };
}

function firstFree(pools: Pool[], taken: Subnet[]): Subnet {
  const spans = taken.map((subnet) => ({
    family: subnet.family,
    start: subnet.base,
    end: subnet.base + sizeOf(subnet),
  }));
  for (const { base, size } of pools) {
    const whole = parsePrefix(base)?.subnet;
    if (whole === undefined) continue;
    const { family } = whole;
    const ours = spans.filter((span) => span.family === family);
    const step = 1n << BigInt(widthOf(family) - size);
    const end = whole.base + sizeOf(whole);
    for (let at = whole.base; at + step <= end; ) {
      const other = ours.find(({ start, end: last }) => start < at + step && at < last);
      if (!other) return { family, base: at, prefix: size };
      // Behind what is in the way, at the next place where such a network may begin.
      at = ((other.end + step - 1n) / step) * step;
    }
  }
  throw new EngineError('forbidden', 'all predefined address pools have been fully subnetted');
}

/** Refuses pools that no network could come from. */
export function checkPools(pools: Pool[]): void {
  for (const { base, size } of pools) {
    const subnet = parsePrefix(base)?.subnet;
    if (subnet === undefined)
      throw new EngineError('invalid', `invalid base pool "${base}": invalid CIDR address: ${base}`);
    if (size >= subnet.prefix && size <= widthOf(subnet.family)) continue;
    throw new EngineError('invalid', `invalid pool size ${size} for base pool ${base}`);
  }
}
