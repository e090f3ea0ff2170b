import type { EndpointSettings } from '../../api/index.ts';
import type { Collection } from '../../store/index.ts';
import type { PublishedPort } from '../ports/ports.ts';

/** An address on a network, in the terms of the link that has it. */
export interface LinkAddress {
  address: string;
  prefix: number;
  /** '' where the network leads nowhere, `0.0.0.0` or `::` where the interface itself is the way out. */
  gateway: string;
}

/** The number of the host's side where there is none: of a container beside the host. */
export const noLink = 0;

/** The pair of interfaces that joins a container to a bridge. */
export interface Link {
  /** The host's side, by name and by the number that the engine gave it; '' and `noLink` beside the host. */
  veth: string;
  index: number;
  /** The container's side. */
  ifName: string;
  inside: number;
  v4?: LinkAddress;
  v6?: LinkAddress;
  /** Addresses that hold on the link alone, and that nobody hands out. */
  local?: string[];
}

/** What was asked of one endpoint, and stays when the container ends. */
export interface EndpointWish {
  IPAMConfig: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] } | null;
  Links: string[] | null;
  Aliases: string[] | null;
  DriverOpts: Record<string, string> | null;
  GwPriority: number;
}

/** A container on one network. */
export interface Endpoint {
  endpointId: string;
  networkId: string;
  network: string;
  mac: string;
  wish: EndpointWish;
  /** Names by which others on the network find it, the container's own first; none on the predefined bridge, as Docker shows it. */
  names: string[] | null;
  /** Of endpoints on a bridge. */
  link?: Link;
}

/** Everything that the network knows of a container that runs: one row. */
export interface Place {
  containerId: string;
  name: string;
  hostname: string;
  domainname: string;
  endpoints: Endpoint[];
  /** Its networks or ports were changed while it ran: a kill may have come in between. */
  changed?: true;
  ports: PublishedPort[];
  /** Ports that are no longer published, while the container's monitor may still hold them. */
  leaving?: PublishedPort[];
  /** Container ports that are shown without being published. */
  exposed: string[];
  dns: { servers: string[]; search: string[]; options: string[] };
  extraHosts: string[];
}

export const placeRows: Collection<Place> = { name: 'network_places', indexes: {} };

const noWish: EndpointWish = { IPAMConfig: null, Links: null, Aliases: null, DriverOpts: null, GwPriority: 0 };

/** The wishes among settings that a client sent or a container's record has. */
export function wishOf(settings: EndpointSettings | null | undefined): EndpointWish {
  if (!settings) return noWish;
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority } = settings as Partial<EndpointWish>;
  return {
    IPAMConfig: IPAMConfig ?? null,
    Links: Links ?? null,
    Aliases: Aliases ?? null,
    DriverOpts: DriverOpts ?? null,
    GwPriority: GwPriority ?? 0,
  };
}

/** EndpointSettings as Docker gives them. */
export function endpointSettings(endpoint: Endpoint): EndpointSettings {
  const { link, wish } = endpoint;
  return {
    IPAMConfig: wish.IPAMConfig,
    Links: wish.Links,
    Aliases: wish.Aliases,
    MacAddress: endpoint.mac,
    DriverOpts: wish.DriverOpts,
    GwPriority: wish.GwPriority,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: shownGateway(link?.v4),
    IPAddress: link?.v4?.address ?? '',
    IPPrefixLen: link?.v4?.prefix ?? 0,
    IPv6Gateway: shownGateway(link?.v6),
    GlobalIPv6Address: link?.v6?.address ?? '',
    GlobalIPv6PrefixLen: link?.v6?.prefix ?? 0,
    DNSNames: endpoint.names,
  } as unknown as EndpointSettings; // Docker sends null where its own types have absent lists
}

/** Where the interface itself is the way out, nobody is. */
const shownGateway = (side: LinkAddress | undefined): string =>
  side === undefined || side.gateway === '0.0.0.0' || side.gateway === '::' ? '' : side.gateway;

/**
 * The endpoints that lead out, one for each protocol: of the highest priority, then one with both protocols, then the first by its
 * network's name.
 */
export function gatewaysOf(endpoints: Endpoint[]): { v4?: Endpoint; v6?: Endpoint } {
  const sorted = endpoints
    .filter(({ link }) => link?.v4?.gateway || link?.v6?.gateway)
    .toSorted(
      (a, b) =>
        b.wish.GwPriority - a.wish.GwPriority ||
        Number(hasBoth(b)) - Number(hasBoth(a)) ||
        (a.network < b.network ? -1 : 1),
    );
  const v4 = sorted.find(({ link }) => link?.v4?.gateway);
  const v6 = sorted.find(({ link }) => link?.v6?.gateway);
  return { ...(v4 && { v4 }), ...(v6 && { v6 }) };
}

const hasBoth = ({ link }: Endpoint): boolean => Boolean(link?.v4?.gateway && link?.v6?.gateway);
