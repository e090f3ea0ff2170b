import { EngineError } from '../../kit/index.ts';
import { contains, describe, type Family, overlaps, parseIp, parsePrefix, type Subnet } from '../address/subnets.ts';
import type { NetworkCreateBody } from '../contract.ts';

type Ipam = NonNullable<NonNullable<NetworkCreateBody['IPAM']>['Config']>[number];

/** Refuses an address plan that makes no sense, with all that is wrong of it, in Docker's words. */
export function checkIpam(configs: Ipam[], enableIPv6: boolean): void {
  const wrong = configs.flatMap((config) => problemsOf(config, enableIPv6));
  if (wrong.length === 0) return;
  const text = wrong.length === 1 ? wrong[0] : `* ${wrong.join('\n* ')}`;
  throw new EngineError('invalid', `invalid network config:\n${text}`);
}

function problemsOf({ Subnet = '', IPRange, Gateway, AuxiliaryAddresses }: Ipam, enableIPv6: boolean): string[] {
  const found = parsePrefix(Subnet);
  if (found === undefined) return [`invalid subnet ${Subnet}: invalid CIDR block notation`];
  const { subnet, address } = found;
  if (subnet.family === 6 && !enableIPv6) return [];
  return [
    ...(address.value === subnet.base ? [] : [`invalid subnet ${Subnet}: it should be ${describe(subnet)}`]),
    ...rangeProblems(IPRange, subnet, Subnet),
    ...addressProblems(`gateway ${Gateway}`, Gateway, { subnet, whole: Subnet }),
    ...Object.entries(AuxiliaryAddresses ?? {}).flatMap(([name, aux]) =>
      addressProblems(`auxiliary address ${name}`, aux, { subnet, whole: Subnet }),
    ),
  ];
}

const parent = (family: Family): string => `parent subnet is an IPv${family} block`;

/** `whole` is the subnet as it was written. */
function rangeProblems(text: string | undefined, subnet: Subnet, whole: string): string[] {
  if (!text) return [];
  const found = parsePrefix(text);
  if (found === undefined) return [`invalid ip-range ${text}: invalid CIDR block notation`];
  const range = found.subnet;
  if (range.family !== subnet.family) return [`invalid ip-range ${text}: ${parent(subnet.family)}`];
  return [
    ...(range.prefix < subnet.prefix
      ? [`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${whole}`]
      : []),
    ...(found.address.value === range.base ? [] : [`invalid ip-range ${text}: it should be ${describe(range)}`]),
    ...(overlaps(subnet, range) ? [] : [`invalid ip-range ${text}: parent subnet ${whole} doesn't contain ip-range`]),
  ];
}

function addressProblems(
  what: string,
  text: string | undefined,
  { subnet, whole }: { subnet: Subnet; whole: string },
): string[] {
  if (!text) return [];
  const ip = parseIp(text);
  if (ip === undefined) return [`invalid ${what}: invalid address`];
  if (ip.family !== subnet.family) return [`invalid ${what}: ${parent(subnet.family)}`];
  if (contains(subnet, ip)) return [];
  return [`invalid ${what}: parent subnet ${whole} doesn't contain this address`];
}

/** A multicast range, or one that clashes with the addresses that links give themselves, is no network for containers. */
export function checkIpv6Subnet(subnet: Subnet): void {
  const multicast = parsePrefix('ff00::/8')?.subnet;
  const linkLocal = parsePrefix('fe80::/64')?.subnet;
  const text = describe(subnet);
  if (multicast && overlaps(multicast, subnet)) {
    throw new EngineError('invalid', `multicast subnet '${text}' is not allowed`);
  }
  if (linkLocal && overlaps(linkLocal, subnet) && text !== 'fe80::/64') {
    throw new EngineError('invalid', `'${text}' clashes with the Link-Local prefix 'fe80::/64'`);
  }
}
