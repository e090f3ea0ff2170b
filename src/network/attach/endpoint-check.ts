import { isIP } from 'node:net';
import type { EndpointSettings } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { contains, parseIp, parsePrefix } from '../address/subnets.ts';
import { wishOf } from '../records/place.ts';
import { isPredefined, type NetworkRecord } from '../records/record.ts';

const macPattern = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/** Refuses what no endpoint on that network could have, in Docker's words; without a record what makes no sense on any. */
export function checkEndpoint(name: string, settings: EndpointSettings | undefined, record?: NetworkRecord): void {
  const { IPAMConfig, Aliases, DriverOpts } = wishOf(settings);
  const { IPv4Address = '', IPv6Address = '', LinkLocalIPs } = IPAMConfig ?? {};
  const wrong = [
    ...(isPredefined(name) || name === 'default' ? unfit(Boolean(IPv4Address || IPv6Address), Aliases ?? []) : []),
    ...(isAddress(IPv4Address, 4) ? [] : [`invalid IPv4 address: ${IPv4Address}`]),
    ...(isAddress(IPv6Address, 6) ? [] : [`invalid IPv6 address: ${IPv6Address}`]),
    ...(LinkLocalIPs ?? []).filter((ip) => isIP(ip) === 0).map((ip) => `invalid link-local IP address: ${ip}`),
    ...(record ? [...outOfRange(record, IPv4Address, 4), ...outOfRange(record, IPv6Address, 6)] : []),
  ];
  checkUnsupported(settings, DriverOpts);
  if (wrong.length === 0) return;
  const text = wrong.length === 1 ? wrong[0] : `* ${wrong.join('\n* ')}`;
  throw new EngineError('invalid', `invalid endpoint settings:\n${text}`);
}

/** What Docker has on user-defined networks only. */
function unfit(hasAddress: boolean, aliases: string[]): string[] {
  return [
    ...(hasAddress ? ['user specified IP address is supported on user defined networks only'] : []),
    ...(aliases.length > 0 ? ['network-scoped alias is supported only for containers in user defined networks'] : []),
  ];
}

function checkUnsupported(settings: EndpointSettings | undefined, options: Record<string, string> | null): void {
  if (settings?.MacAddress && !macPattern.test(settings.MacAddress)) {
    throw new EngineError('invalid', `invalid MAC address ${settings.MacAddress}`);
  }
  if (options?.['com.docker.network.endpoint.sysctls']) {
    throw new EngineError('unsupported', 'sysctls of an endpoint are not supported');
  }
}

function isAddress(text: string, family: 4 | 6): boolean {
  if (text === '') return true;
  const ip = parseIp(text);
  return ip?.family === family && ip.value !== 0n;
}

function outOfRange(record: NetworkRecord, text: string, family: 4 | 6): string[] {
  if (text === '') return [];
  // The networks that are always there have their subnets from the configuration.
  const isGiven = (pool: NetworkRecord['pools'][number]) => pool.isStatic || isPredefined(record.name);
  const pools = record.pools.filter((pool) => parsePrefix(pool.subnet)?.subnet.family === family && isGiven(pool));
  if (pools.length === 0) {
    return ['user specified IP address is supported only when connecting to networks with user configured subnets'];
  }
  const ip = parseIp(text);
  if (ip === undefined || ip.family !== family) return [];
  const fits = pools.some(({ subnet }) => {
    const found = parsePrefix(subnet);
    return found && contains(found.subnet, ip);
  });
  return fits ? [] : [`no configured subnet or ip-range contain the IP address ${text}`];
}
