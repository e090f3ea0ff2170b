import type { NetworkInspect } from '../../api/index.ts';
import type { Endpoint, Place } from './place.ts';
import { isPredefined, type NetworkRecord, type PoolRecord } from './record.ts';

/** What the JSON of the predefined bridge takes from the bridge itself. */
export interface BridgeFacts {
  name: string;
  pool: PoolRecord;
  mtu: number;
  /** Its driver options as the engine was told them. */
  options: Record<string, string>;
}

/** A container on a network. */
export interface Member {
  place: Place;
  endpoint: Endpoint;
}

/** NetworkInspect as Docker gives it; `bridge` is for the predefined one. */
export function networkJson(network: NetworkRecord, members: Member[], bridge?: BridgeFacts): NetworkInspect {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: network.enableIPv4,
    EnableIPv6: network.enableIPv6,
    IPAM: ipamJson(network, bridge),
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom },
    ConfigOnly: network.configOnly,
    Containers: Object.fromEntries(members.map(memberJson)),
    Options: bridge ? bridgeOptions(bridge) : network.options,
    Labels: network.labels,
  } as unknown as NetworkInspect;
}

function ipamJson(network: NetworkRecord, bridge: BridgeFacts | undefined) {
  if (bridge) return { Driver: 'default', Options: null, Config: [poolJson(bridge.pool)] };
  if (isPredefined(network.name)) return { Driver: 'default', Options: null, Config: null };
  return { Driver: 'default', Options: network.ipamOptions, Config: network.pools.map(poolJson) };
}

function poolJson({ subnet, range, gateway, aux }: PoolRecord) {
  return {
    Subnet: subnet,
    ...(range && { IPRange: range }),
    ...(gateway && { Gateway: gateway }),
    ...(aux && Object.keys(aux).length > 0 && { AuxiliaryAddresses: aux }),
  };
}

function memberJson({ place, endpoint }: Member): [string, object] {
  const { v4, v6 } = endpoint.link ?? {};
  const member = {
    Name: place.name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.mac,
    IPv4Address: v4 ? `${v4.address}/${v4.prefix}` : '',
    IPv6Address: v6 ? `${v6.address}/${v6.prefix}` : '',
  };
  return [place.containerId, member];
}

function bridgeOptions(bridge: BridgeFacts): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    ...bridge.options,
    'com.docker.network.bridge.name': bridge.name,
    'com.docker.network.driver.mtu': String(bridge.mtu),
  };
}
