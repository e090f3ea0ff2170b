import type { ArpSocket, NetlinkSocket } from '../host/index.ts';
import { EngineError, type Log } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import type { Addresses } from './addresses.ts';
import type { Bridge } from './bridge.ts';
import type { BridgeFacts, Endpoint } from './endpoints.ts';
import type { Firewall, Publication } from './firewall.ts';
import type { HostFiles } from './host-files.ts';
import type { Ports } from './ports.ts';
import type { Predefined } from './predefined.ts';
import { describe, toText } from './subnets.ts';

/** What the parts of this room share. */
export interface State {
  store: Store;
  log: Log;
  options: { bridge: string; mtu: number; bip?: string };
  arp: ArpSocket;
  route: NetlinkSocket;
  netfilter: NetlinkSocket;
  hostFiles: HostFiles;
  ports: Ports;
  predefined: Predefined;
  /** Of the containers that run, by their id. */
  endpoints: Map<string, Endpoint>;
  /** From `restore` on. */
  standing?: Standing;
}

/** What the kernel holds of ours. */
export interface Standing {
  bridge: Bridge;
  addresses: Addresses;
  firewall: Firewall;
}

export function standingOf(state: State): Standing {
  if (!state.standing) throw new EngineError('internal', 'the network is used before it has been restored');
  return state.standing;
}

export function bridgeFacts(state: State): BridgeFacts {
  const { bridge } = standingOf(state);
  return {
    name: bridge.name,
    subnet: describe(bridge.subnet),
    gateway: toText(bridge.gateway),
    mtu: state.options.mtu,
  };
}

/** What a container has published, for the firewall. */
export function publicationsOf(endpoint: Endpoint): Publication[] {
  const containerIp = endpoint.link?.address;
  if (containerIp === undefined) return [];
  return endpoint.ports.map(({ protocol, hostIp, hostPort, containerPort }) => ({
    protocol,
    hostPort,
    containerIp,
    containerPort,
    ...(hostIp === '' || hostIp === '0.0.0.0' ? {} : { hostIp }),
  }));
}

export function allPublications(state: State): Publication[] {
  return [...state.endpoints.values()].flatMap(publicationsOf);
}
