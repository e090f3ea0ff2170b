import { type NetlinkSocket, rtnetlink } from '../../host/index.ts';
import { type Addresses, createAddresses } from '../address/addresses.ts';
import { describe, type Ip, keepsEnds, parseIp, parsePrefix, type Subnet, toText } from '../address/subnets.ts';
import type { BridgeRules } from '../firewall/elements.ts';
import type { NetworkRecord, PoolRecord } from '../records/record.ts';
import { type BridgeAddress, bridgedIsFiltered, ensureBridge, toLink } from './bridge.ts';
import { type BridgeOptions, bridgeOptions } from './options.ts';

/** A bridge network as it stands in the kernel. */
export interface Wire {
  record: NetworkRecord;
  options: BridgeOptions;
  name: string;
  index: number;
  /** By which the engine knows its own ports of a bridge that somebody else made; of one that it made all are its own. */
  portAlias?: string;
  mtu: number;
  v4?: Side;
  v6?: Side;
}

/** One protocol of it. */
export interface Side {
  subnet: Subnet;
  /** `172.18.0.0/24` */
  described: string;
  /** The bridge's own address, where the engine gives it one. */
  gateway: string;
  /** The way out that containers are given; '' for none. */
  exit: string;
  addresses: Addresses;
}

/** The interface's name of a network's bridge. */
export function bridgeName(record: NetworkRecord, predefined: string): string {
  if (record.name === 'bridge') return predefined;
  return bridgeOptions(record.options).name ?? `br-${record.id.slice(0, 12)}`;
}

export interface Raising {
  socket: NetlinkSocket;
  record: NetworkRecord;
  /** Of the predefined bridge. */
  predefined: string;
  mtu: number;
}

/** By which the engine of a predefined bridge knows the bridges it has made. */
export const aliasOf = (predefined: string): string => `tug ${predefined}`;

/** Makes the bridge of a network what its record says. */
export function raise({ socket, record, predefined, mtu }: Raising): Wire {
  const options = bridgeOptions(record.options);
  const sides = record.pools.map((pool) => sideOf(pool, record, options, linksOf(socket)));
  const v4 = record.enableIPv4 ? sides.find(({ subnet }) => subnet.family === 4) : undefined;
  const v6 = record.enableIPv6 ? sides.find(({ subnet }) => subnet.family === 6) : undefined;
  const wire: Omit<Wire, 'index' | 'portAlias'> = {
    record,
    options,
    name: bridgeName(record, predefined),
    mtu: options.mtu || mtu,
    ...(v4 && { v4 }),
    ...(v6 && { v6 }),
  };
  const { index, foreign } = ensureBridge(socket, {
    name: wire.name,
    mtu: wire.mtu,
    addresses: bridgeAddresses(wire),
    ipv6: wire.v6 !== undefined,
    alias: aliasOf(predefined),
  });
  return { ...wire, index, ...(foreign && { portAlias: aliasOf(predefined) }) };
}

const linksOf = (socket: NetlinkSocket) => ({
  isGone: (link: number): boolean => !socket.hasLink(link),
  evict: (link: number): void => {
    toLink(() => socket.send('take an old interface away', [rtnetlink.deleteLink(link)]));
  },
});

/** An isolated network's bridge has no address: the host is no part of it. */
function bridgeAddresses({ v4, v6, options, record }: Omit<Wire, 'index' | 'portAlias'>): BridgeAddress[] {
  const isolated = (mode: string): boolean => record.internal && mode === 'isolated';
  return [
    ...(v4 && !options.inhibit4 && !isolated(options.mode4) ? ownAddress(v4) : []),
    ...(v6 && !isolated(options.mode6) ? ownAddress(v6) : []),
  ];
}

function ownAddress({ gateway, subnet }: Side): BridgeAddress[] {
  const ip = parseIp(gateway);
  return ip ? [{ ip, subnet }] : [];
}

function sideOf(
  pool: PoolRecord,
  record: NetworkRecord,
  options: BridgeOptions,
  links: ReturnType<typeof linksOf>,
): Side {
  const { subnet, range, gateway, exit, aux } = layout(pool);
  const mode = subnet.family === 4 ? options.mode4 : options.mode6;
  // Of an internal network whose bridge has no address, containers may have them all.
  const isVacant =
    record.internal && !pool.gateway && (mode === 'isolated' || (subnet.family === 4 && options.inhibit4));
  const reserved = isVacant ? aux : [gateway, ...aux];
  const leadsOut = !record.internal && mode !== 'isolated';
  return {
    subnet,
    described: describe(subnet),
    gateway: toText(gateway),
    exit: leadsOut ? toText(exit) : '',
    addresses: createAddresses({ subnet, reserved, ...links, ...(range && { range }) }),
  };
}

/** What a pool comes to; its texts were checked when the network was made. */
export function layout(pool: PoolRecord): { subnet: Subnet; range?: Subnet; gateway: Ip; exit: Ip; aux: Ip[] } {
  const subnet = mustPrefix(pool.subnet);
  const range = pool.range ? mustPrefix(pool.range) : undefined;
  const gateway = (pool.gateway && parseIp(pool.gateway)) || firstOf(subnet, range);
  const aux = Object.values(pool.aux ?? {}).flatMap((text) => parseIp(text) ?? []);
  const named = parseIp(pool.aux?.[`DefaultGatewayIPv${subnet.family}`] ?? '');
  return { subnet, gateway, exit: named ?? gateway, aux, ...(range && { range }) };
}

/** The first address that is not the network's own. */
function firstOf(subnet: Subnet, range: Subnet | undefined): Ip {
  const from = range ?? subnet;
  const value = from.base === subnet.base && keepsEnds(subnet) ? from.base + 1n : from.base;
  return { family: subnet.family, value };
}

function mustPrefix(text: string): Subnet {
  const found = parsePrefix(text);
  if (!found) throw new Error(`not a network: ${text}`);
  return found.subnet;
}

/**
 * Whether its ports must be kept from each other: where its containers may not talk, and the firewall does not see what they send
 * each other. Where it does, isolated ports would be kept from each other's published ports, too. Undefined where they may talk.
 */
function isolationOf({ options }: Wire): boolean | undefined {
  return options.icc ? undefined : !bridgedIsFiltered();
}

/** The message that brings the host's side of a container's link up as a port of that bridge. */
export const portUp = (wire: Wire, link: number): Buffer =>
  rtnetlink.hairpinPortUp(link, { isolated: isolationOf(wire), alias: wire.portAlias });

/** What the firewall must know of it. */
export function rulesOf({ name, record, options, v4, v6 }: Wire): BridgeRules {
  return {
    name,
    subnets: [v4, v6].flatMap((side) => (side ? [side.subnet] : [])),
    internal: record.internal,
    icc: options.icc,
    masquerade: options.masquerade,
    masquerade6: options.masquerade,
    ...(options.source4 && { source4: options.source4 }),
    ...(options.source6 && { source6: options.source6 }),
    trusted: options.trusted,
    mode4: options.mode4,
    mode6: options.mode6,
  };
}
