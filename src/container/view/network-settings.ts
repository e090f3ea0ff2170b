import { createHash } from 'node:crypto';
import type { EndpointSettings, NetworkSettings } from '../../api/index.ts';
import type { ContainerRow } from '../row.ts';

/** An endpoint as Docker shows it where there is none. */
const emptyEndpoint = {
  IPAMConfig: null,
  Links: null,
  Aliases: null,
  MacAddress: '',
  DriverOpts: null,
  GwPriority: 0,
  NetworkID: '',
  EndpointID: '',
  Gateway: '',
  IPAddress: '',
  IPPrefixLen: 0,
  IPv6Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
  DNSNames: null,
};

/** The networks of a container that does not run: it is known what it asked of which, but no address is held. */
export function idleNetworks(row: ContainerRow): ContainerRow['networks'] {
  const entries = Object.entries(row.networks).map(([name, endpoint]) => [name, withoutAddress(endpoint)]);
  return Object.fromEntries(entries);
}

// Docker shows null where its published types know of no such thing.
function withoutAddress(endpoint: EndpointSettings): EndpointSettings {
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID = '' } = endpoint;
  const asked = { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID };
  return { ...emptyEndpoint, ...asked, DNSNames: endpoint.DNSNames } as unknown as EndpointSettings;
}

/** Where a container that runs is on its networks. */
export function addressesOf({ networks }: ContainerRow): NonNullable<ContainerRow['kept']> {
  const entries = Object.entries(networks).map(([name, { IPAddress, GlobalIPv6Address, MacAddress }]) => [
    name,
    {
      ...(IPAddress && { v4: IPAddress }),
      ...(GlobalIPv6Address && { v6: GlobalIPv6Address }),
      ...(MacAddress && { mac: MacAddress }),
    },
  ]);
  return Object.fromEntries(entries);
}

/** NetworkSettings of inspect. The fields beside `Networks` repeat what the default bridge's endpoint says. */
export function networkSettings(row: ContainerRow): NetworkSettings {
  const own = row.state === 'running' && row.networkOf === undefined;
  const endpoint = row.networks.bridge ?? emptyEndpoint;
  return {
    Bridge: '',
    SandboxID: own ? createHash('sha256').update(row.token).digest('hex') : '',
    SandboxKey: own ? `/proc/${row.pid}/ns/net` : '',
    Ports: row.ports,
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: endpoint.EndpointID ?? '',
    Gateway: endpoint.Gateway ?? '',
    GlobalIPv6Address: endpoint.GlobalIPv6Address ?? '',
    GlobalIPv6PrefixLen: endpoint.GlobalIPv6PrefixLen ?? 0,
    IPAddress: endpoint.IPAddress ?? '',
    IPPrefixLen: endpoint.IPPrefixLen ?? 0,
    IPv6Gateway: endpoint.IPv6Gateway ?? '',
    MacAddress: endpoint.MacAddress ?? '',
    Networks: Object.fromEntries(Object.entries(row.networks).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}
