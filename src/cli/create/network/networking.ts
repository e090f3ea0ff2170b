import type { NetworkingConfig } from '../../../api/index.ts';
import type { CreateValues } from '../flags.ts';
import { networksOf } from '../line.ts';
import { attachment, type NetworkAttachment } from './networks.ts';

/** How the container joins its networks, where the flags say more than one network's name. */
export function networkingOf(flags: CreateValues): NetworkingConfig {
  const named = networksOf({ flags });
  const [first = attachment('default'), ...others] = named;
  const endpoints: Record<string, object> = {};
  for (const one of [withFlags(first, flags), ...others]) {
    const settings = endpointOf(one);
    if (Object.hasOwn(endpoints, one.target)) {
      throw new Error(`network ${JSON.stringify(one.target)} is specified multiple times`);
    }
    // The engine makes the endpoint of an only network by itself.
    if (named.length <= 1 && Object.keys(settings).length === 0) continue;
    endpoints[one.target] = settings;
  }
  const kinds = new Set(named.map(({ target }) => isUserDefined(target)));
  if (kinds.size > 1) {
    throw new Error('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  }
  return { EndpointsConfig: endpoints } as NetworkingConfig;
}

function isUserDefined(network: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(network) && !network.startsWith('container:');
}

/** The first network has what the older flags say, unless it says so itself. */
function withFlags(network: NetworkAttachment, flags: CreateValues): NetworkAttachment {
  const aliases = [...flags['network-alias'], ...flags['net-alias']];
  refuseBoth(network.aliases, aliases, '--network-alias and per-network alias');
  refuseBoth(network.ip, flags.ip, '--ip and per-network IPv4 address');
  refuseBoth(network.ip6, flags.ip6, '--ip6 and per-network IPv6 address');
  refuseBoth(network.mac, flags['mac-address'], '--mac-address and per-network MAC address');
  refuseBoth(network.linkLocal, flags['link-local-ip'], '--link-local-ip and per-network link-local IP addresses');
  return {
    ...network,
    aliases: aliases.length > 0 ? aliases : network.aliases,
    // On the default bridge a link is the container's, not the network's.
    links: isUserDefined(network.target) ? flags.link : [],
    ip: flags.ip || network.ip,
    ip6: flags.ip6 || network.ip6,
    mac: flags['mac-address'] || network.mac,
    linkLocal: flags['link-local-ip'].length > 0 ? flags['link-local-ip'] : network.linkLocal,
  };
}

function refuseBoth(own: { length: number }, flag: { length: number }, words: string): void {
  if (own.length > 0 && flag.length > 0) throw new Error(`conflicting options: cannot specify both ${words}`);
}

function endpointOf(network: NetworkAttachment): object {
  const { target, aliases, links, driverOptions, ip, ip6, mac, linkLocal, gatewayPriority } = network;
  if (target.trim() === '') throw new Error('no name set for network');
  if (aliases.length > 0 && !isUserDefined(target)) {
    throw new Error('network-scoped aliases are only supported for user-defined networks');
  }
  if (mac !== '' && !isMac(mac)) throw new Error(`${mac} is not a valid mac address`);
  const ipam = {
    ...(ip ? { IPv4Address: ip } : {}),
    ...(ip6 ? { IPv6Address: ip6 } : {}),
    ...(linkLocal.length > 0 ? { LinkLocalIPs: linkLocal } : {}),
  };
  return {
    ...(Object.keys(ipam).length > 0 ? { IPAMConfig: ipam } : {}),
    ...(aliases.length > 0 ? { Aliases: aliases } : {}),
    ...(links.length > 0 ? { Links: links } : {}),
    ...(Object.keys(driverOptions).length > 0 ? { DriverOpts: driverOptions } : {}),
    ...(mac ? { MacAddress: mac } : {}),
    ...(gatewayPriority === 0 ? {} : { GwPriority: gatewayPriority }),
  };
}

function isMac(text: string): boolean {
  return (
    /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}(\1[0-9a-f]{2}){0,14}$/i.test(text.trim()) ||
    /^[0-9a-f]{4}(\.[0-9a-f]{4}){2,9}$/i.test(text.trim())
  );
}
