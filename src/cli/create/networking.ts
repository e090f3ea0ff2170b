import type { NetworkingConfig } from '../../api/index.ts';
import type { CreateValues } from './flags.ts';
import { networksOf } from './line.ts';

/** How the container joins its first network, where the flags say more than its name. */
export function networkingOf(flags: CreateValues): NetworkingConfig {
  const networks = networksOf({ flags });
  const first = networks[0] ?? 'default';
  const aliases = [...flags['network-alias'], ...flags['net-alias']];
  const isUserDefined = !['default', 'bridge', 'host', 'none'].includes(first) && !first.startsWith('container:');
  if (aliases.length > 0 && !isUserDefined) {
    throw new Error('network-scoped aliases are only supported for user-defined networks');
  }
  if (flags['mac-address'] && !/^[0-9a-f]{2}([:-][0-9a-f]{2}){5,7}$/i.test(flags['mac-address'])) {
    throw new Error(`${flags['mac-address']} is not a valid mac address`);
  }
  const linkLocal = flags['link-local-ip'];
  const ipam = {
    ...(flags.ip ? { IPv4Address: flags.ip } : {}),
    ...(flags.ip6 ? { IPv6Address: flags.ip6 } : {}),
    ...(linkLocal.length > 0 ? { LinkLocalIPs: linkLocal } : {}),
  };
  const endpoint = {
    ...(Object.keys(ipam).length > 0 ? { IPAMConfig: ipam } : {}),
    ...(aliases.length > 0 ? { Aliases: aliases } : {}),
    ...(flags.link.length > 0 && isUserDefined ? { Links: flags.link } : {}),
    ...(flags['mac-address'] ? { MacAddress: flags['mac-address'] } : {}),
  };
  const endpoints: Record<string, object> = {};
  if (isUserDefined || Object.keys(endpoint).length > 0) endpoints[first] = endpoint;
  for (const name of networks.slice(1)) endpoints[name] = {};
  return { EndpointsConfig: endpoints } as NetworkingConfig;
}
