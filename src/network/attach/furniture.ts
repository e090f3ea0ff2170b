import { existsSync } from 'node:fs';
import { netlink, rtnetlink } from '../../host/index.ts';
import { lastOf, parsePrefix, toText } from '../address/subnets.ts';
import { portUp, type Wire } from '../bridge/wire.ts';
import type { NetworkFurniture } from '../contract.ts';
import type { Line } from '../macvlan/line.ts';
import { type Endpoint, gatewaysOf, type Link, type LinkAddress, noLink } from '../records/place.ts';

const loopback = 1;
const { ack } = netlink.NetlinkFlag;
const quiet = 0; // of a datagram of several messages only the last asks for an acknowledgement; refusals come anyway

/** An endpoint on a bridge or beside the host, with what its messages are made from. */
export interface Joint {
  endpoint: Endpoint;
  link: Link;
  on: Wire | Line;
}

const isLine = (on: Wire | Line): on is Line => 'parent' in on;

/** The messages that give a new namespace its loopback and its interfaces: one datagram for each from the host, one from inside. */
export function furnish(joints: Joint[]): NetworkFurniture {
  const inside = [
    rtnetlink.linkUp(loopback, quiet),
    ...joints.flatMap(insideMessages),
    ...defaultRoutes(joints.map(({ endpoint }) => endpoint)),
  ];
  return { host: joints.map(hostMessage), inside: [{ message: acknowledged(inside) }] };
}

/** The last message asks for the acknowledgement of them all. */
export function acknowledged(messages: Buffer[]): Buffer {
  const last = messages.at(-1);
  last?.writeUInt16LE(last.readUInt16LE(6) | ack, 6);
  return Buffer.concat(messages);
}

/**
 * Makes the pair, its far end in the namespace, and its near one a port of the bridge that is up; beside the host there is the one in the
 * namespace alone.
 */
export function hostMessage({ endpoint, link, on }: Joint): { message: Buffer; netnsFdOffset: number } {
  if (isLine(on)) return besideMessage(on, endpoint, link);
  const wire = on;
  const veth = rtnetlink.newVeth({
    name: link.veth,
    index: link.index,
    bridge: wire.index,
    mtu: wire.mtu,
    peer: { name: link.ifName, index: link.inside, mac: endpoint.mac },
  });
  return { message: Buffer.concat([veth.message, portUp(wire, link.index)]), netnsFdOffset: veth.netnsFdOffset };
}

function besideMessage(line: Line, { mac }: Endpoint, link: Link): { message: Buffer; netnsFdOffset: number } {
  const { driver, options, parent } = line;
  return rtnetlink.newBeside({
    kind: driver,
    name: link.ifName,
    index: link.inside,
    parent: parent.index,
    mode: options.modeNumber,
    flag: options.flagNumber,
    ...(driver === 'macvlan' && { mac }),
  });
}

/** Addresses of one interface, and brings it up. */
export function insideMessages({ link, on }: Pick<Joint, 'link' | 'on'>): Buffer[] {
  const addresses = [link.v4, link.v6].flatMap((address) => (address ? [addressMessage(link.inside, address)] : []));
  const local = (link.local ?? []).map((ip) =>
    rtnetlink.newAddress({ index: link.inside, ip, prefix: ip.includes(':') ? 64 : 16 }, quiet),
  );
  const wantsIpv6 = link.v6 !== undefined || link.local?.some((ip) => ip.includes(':'));
  const silent = wantsIpv6 || !speaksIpv6(on) ? [] : [rtnetlink.withoutLinkLocal(link.inside, quiet)];
  // On a bridge the host announces it (see locate); beside the host nobody else can.
  const told = link.index === noLink ? [rtnetlink.announced(link.inside, quiet)] : [];
  return [...silent, ...told, ...addresses, ...local, rtnetlink.linkUp(link.inside, quiet)];
}

/** Packets of this many bytes every link with IPv6 must carry (RFC 8200); the kernel gives those that do not none of it. */
const leastMtu = 1280;

function speaksIpv6(on: Wire | Line): boolean {
  return existsSync('/proc/sys/net/ipv6') && (isLine(on) || on.mtu >= leastMtu);
}

function addressMessage(index: number, { address: ip, prefix }: LinkAddress): Buffer {
  const subnet = parsePrefix(`${ip}/${prefix}`)?.subnet;
  const broadcast = subnet?.family === 4 ? { broadcast: toText(lastOf(subnet)) } : {};
  return rtnetlink.newAddress({ index, ip, prefix, ...broadcast }, quiet);
}

/** The default routes of a container with these endpoints, by what leads out. */
export function defaultRoutes(endpoints: Endpoint[]): Buffer[] {
  return exits(endpoints).map(({ gateway, index }) => rtnetlink.defaultRoute(gateway, index, quiet));
}

/** Gateways and the interfaces they are reached by. */
export function exits(endpoints: Endpoint[]): { gateway: string; index: number }[] {
  const { v4, v6 } = gatewaysOf(endpoints);
  return [
    ...(v4?.link?.v4 ? [{ gateway: v4.link.v4.gateway, index: v4.link.inside }] : []),
    ...(v6?.link?.v6 ? [{ gateway: v6.link.v6.gateway, index: v6.link.inside }] : []),
  ];
}
