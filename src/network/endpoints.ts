import type { EndpointSettings, NetworkInspect, PortBinding } from '../api/index.ts';
import type { Collection } from '../store/index.ts';
import { portKey } from './port-wishes.ts';
import type { PublishedPort } from './ports.ts';

/** The predefined networks by name. */
export type Kind = 'bridge' | 'host' | 'none';

/** The network that a NetworkMode names; undefined if there is no such one. */
export function kindOf(mode: string): Kind | undefined {
  if (mode === 'default' || mode === 'bridge') return 'bridge';
  return mode === 'host' || mode === 'none' ? mode : undefined;
}

/** A container's place in a network, as it is recorded. */
export interface Endpoint {
  containerId: string;
  name: string;
  network: Kind;
  endpointId: string;
  mac: string;
  /** Of bridge endpoints only. */
  link?: { veth: string; index: number; address: string; prefix: number; gateway: string };
  ports: PublishedPort[];
}

/** A predefined network; the bridge remembers its own address and prefix. */
export interface NetworkRecord {
  id: string;
  name: string;
  driver: string;
  created: string;
  address?: string;
}

export const endpointRows: Collection<Endpoint> = { name: 'network_endpoints', indexes: {} };
export const networkRows: Collection<NetworkRecord> = {
  name: 'networks',
  indexes: { name: { of: (network) => network.name, unique: true } },
};

/** EndpointSettings as Docker gives them. */
export function endpointSettings(networkId: string, endpoint: Endpoint): EndpointSettings {
  const none = { IPAMConfig: null, Links: null, Aliases: null, DriverOpts: null, DNSNames: null };
  return {
    ...none,
    MacAddress: endpoint.mac,
    GwPriority: 0,
    NetworkID: networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.link?.gateway ?? '',
    IPAddress: endpoint.link?.address ?? '',
    IPPrefixLen: endpoint.link?.prefix ?? 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
  } as unknown as EndpointSettings; // Docker sends null where its own types have absent lists
}

/** NetworkSettings.Ports: exposed ones are null, published ones say where. */
export function portsJson(exposed: string[], ports: PublishedPort[]): Record<string, PortBinding[] | null> {
  const out: Record<string, PortBinding[] | null> = Object.fromEntries(exposed.map((key) => [portKey(key), null]));
  for (const port of ports) {
    const binding = { HostIp: port.hostIp || '0.0.0.0', HostPort: String(port.hostPort) };
    const key = `${port.containerPort}/${port.protocol}`;
    out[key] = [...(out[key] ?? []), binding];
  }
  return Object.fromEntries(Object.entries(out).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a network's JSON takes from the bridge. */
export interface BridgeFacts {
  name: string;
  subnet: string;
  gateway: string;
  mtu: number;
}

/** NetworkInspect as Docker gives it. */
export function networkJson(network: NetworkRecord, endpoints: Endpoint[], bridge?: BridgeFacts): NetworkInspect {
  const containers = endpoints.map((endpoint) => [
    endpoint.containerId,
    {
      Name: endpoint.name,
      EndpointID: endpoint.endpointId,
      MacAddress: endpoint.mac,
      IPv4Address: endpoint.link ? `${endpoint.link.address}/${endpoint.link.prefix}` : '',
      IPv6Address: '',
    },
  ]);
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: bridge ? [{ Subnet: bridge.subnet, Gateway: bridge.gateway }] : null,
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers),
    Options: bridge ? bridgeOptions(bridge) : {},
    Labels: {},
  } as unknown as NetworkInspect;
}

function bridgeOptions(bridge: BridgeFacts): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': bridge.name,
    'com.docker.network.driver.mtu': String(bridge.mtu),
  };
}
