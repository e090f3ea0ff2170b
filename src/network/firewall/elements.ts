import { ipBytes, type nfnetlink, nft } from '../../host/index.ts';
import { lastOf, type Subnet, toBytes } from '../address/subnets.ts';
import type { CollectionName } from './ruleset.ts';

/** One element of one of the firewall's sets and maps. */
export interface Element extends nfnetlink.MapElement {
  into: CollectionName;
}

/** A published port: what arrives at `hostIp` (undefined: any address of the host) and `hostPort` goes to the container. */
export interface Publication {
  protocol: string;
  /** Of the host's address and of the container's. */
  family: 4 | 6;
  hostIp?: string;
  hostPort: number;
  containerIp: string;
  containerPort: number;
  /** On a routed network: the container's own port may be reached, and nothing is translated. */
  routed: boolean;
}

/** How a bridge is to be treated. */
export interface BridgeRules {
  name: string;
  subnets: Subnet[];
  internal: boolean;
  /** Its containers may talk to each other. */
  icc: boolean;
  masquerade: boolean;
  masquerade6: boolean;
  /** The addresses that what goes out takes, where one is named. */
  source4?: string;
  source6?: string;
  /** Interfaces of the host from which everything may come in. */
  trusted: string[];
  mode4: GatewayMode;
  mode6: GatewayMode;
}

export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated';

const numbers: Record<string, number> = { tcp: 6, udp: 17, sctp: 132 };
const nothing = Buffer.alloc(0);

/** A port as it stands in a register: network order, padded. */
const port = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff, 0, 0]);
const protocolOf = (name: string): Buffer => Buffer.from([numbers[name] ?? 0, 0, 0, 0]);

export function elementOf(publication: Publication): Element {
  const { family, hostIp, hostPort, containerIp, containerPort, routed } = publication;
  const six = family === 6;
  const protocol = protocolOf(publication.protocol);
  if (routed) {
    const key = Buffer.concat([ipBytes(containerIp), protocol, port(containerPort)]);
    return { into: six ? 'reachable6' : 'reachable', key, data: nothing };
  }
  const data = Buffer.concat([ipBytes(containerIp), port(containerPort)]);
  if (hostIp === undefined) {
    return { into: six ? 'published6' : 'published', key: Buffer.concat([protocol, port(hostPort)]), data };
  }
  const key = Buffer.concat([ipBytes(hostIp), protocol, port(hostPort)]);
  return { into: six ? 'published6_at' : 'published_at', key, data };
}

/** What the sets of interfaces say of a bridge. */
export function bridgeElements(bridge: BridgeRules): Element[] {
  const name = nft.interfaceName(bridge.name);
  const into = (set: CollectionName, wanted: boolean): Element[] =>
    wanted ? [{ into: set, key: name, data: nothing }] : [];
  return [
    ...into('bridges', true),
    ...(bridge.icc ? [{ into: 'together' as const, key: Buffer.concat([name, name]), data: nothing }] : []),
    ...bridge.trusted.map((other) => ({
      into: 'together' as const,
      key: Buffer.concat([nft.interfaceName(other), name]),
      data: nothing,
    })),
    ...(bridge.source4 ? [{ into: 'source' as const, key: name, data: ipBytes(bridge.source4) }] : []),
    ...(bridge.source6 ? [{ into: 'source6' as const, key: name, data: ipBytes(bridge.source6) }] : []),
    ...bridge.subnets.flatMap(subnetElements),
    ...into('internal', bridge.internal),
    ...into('masquerade', bridge.masquerade && bridge.mode4 !== 'routed'),
    ...into('masquerade6', bridge.masquerade6 && bridge.mode6 !== 'routed'),
    ...into('routed', bridge.mode4 === 'routed'),
    ...into('routed6', bridge.mode6 === 'routed'),
    ...into('open', bridge.mode4 === 'nat-unprotected'),
    ...into('open6', bridge.mode6 === 'nat-unprotected'),
  ];
}

function subnetElements(subnet: Subnet): Element[] {
  const { family, base } = subnet;
  const into = family === 4 ? 'subnets' : 'subnets6';
  const past = { family, value: lastOf(subnet).value + 1n };
  return [
    { into, key: toBytes({ family, value: base }), data: nothing },
    { into, key: toBytes(past), data: nothing, end: true },
  ];
}
