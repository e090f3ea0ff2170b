import { SystemError } from '../calls/errno.ts';
import { familyOf, ipBytes, ipText } from './ip-bytes.ts';
import { attribute, attributes, message, NetlinkFlag, nest, text, textOf, u32 } from './netlink.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** rtnetlink messages (links, addresses, routes, neighbours) as bytes, and what dumps of them say. Addresses as text. */

export const netlinkRoute = 0;

const Rtm = { newLink: 16, delLink: 17, getLink: 18, setLink: 19, newAddr: 20, delAddr: 21, getAddr: 22 };
const RtmRoute = { newRoute: 24, delRoute: 25, getRoute: 26, newNeigh: 28 };
const Ifla = { address: 1, ifname: 3, mtu: 4, link: 5, master: 10, linkinfo: 18, alias: 20, netNsFd: 28, afSpec: 26 };
const inet = 2;
const inet6 = 10;
const up = 1;
const { ack, create, excl, replace, dump } = NetlinkFlag;

interface LinkHeader {
  index?: number;
  up?: boolean;
}

function linkHeader({ index = 0, up: isUp = false }: LinkHeader): Buffer {
  const out = Buffer.alloc(16);
  out.writeInt32LE(index, 4);
  out.writeUInt32LE(isUp ? up : 0, 8);
  out.writeUInt32LE(isUp ? up : 0, 12);
  return out;
}

export const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

export interface Veth {
  name: string;
  /** Interface numbers are chosen by the caller: the container's must be known to give it an address. */
  index: number;
  bridge: number;
  mtu: number;
  peer: { name: string; index: number; mac: string };
}

/**
 * Makes a veth pair, its host side a port of the bridge, its peer in another network namespace, whose fd the sender writes as
 * a u32 at `netnsFdOffset`. Both are down.
 */
export function newVeth(veth: Veth): { message: Uint8Array; netnsFdOffset: number } {
  // The kernel takes the peer's number only when this side's is given too.
  const peer = attribute(
    1,
    Buffer.concat([
      linkHeader({ index: veth.peer.index }),
      text(Ifla.ifname, veth.peer.name),
      attribute(Ifla.address, macBytes(veth.peer.mac)),
      u32(Ifla.mtu, veth.mtu),
      u32(Ifla.netNsFd, 0),
    ]),
  );
  const bytes = message(
    Rtm.newLink,
    ack | create | excl,
    linkHeader({ index: veth.index }),
    text(Ifla.ifname, veth.name),
    u32(Ifla.mtu, veth.mtu),
    u32(Ifla.master, veth.bridge),
    nest(Ifla.linkinfo, text(1, 'veth'), nest(2, peer)),
  );
  return { message: bytes, netnsFdOffset: bytes.length - 4 };
}

/** An interface that stands beside another one of the host, in the namespace whose fd the sender writes at `netnsFdOffset`; down. */
export interface Beside {
  kind: 'macvlan' | 'ipvlan';
  name: string;
  index: number;
  /** The number of the host's interface. */
  parent: number;
  mac?: string;
  mode: number;
  /** Of ipvlan. */
  flag: number;
}

export function newBeside(beside: Beside): { message: Buffer; netnsFdOffset: number } {
  const { kind, mode, flag } = beside;
  const data = kind === 'macvlan' ? [u32(1, mode)] : [u16(1, mode), u16(2, flag)];
  const bytes = message(
    Rtm.newLink,
    ack | create | excl,
    linkHeader({ index: beside.index }),
    text(Ifla.ifname, beside.name),
    ...(beside.mac ? [attribute(Ifla.address, macBytes(beside.mac))] : []),
    u32(Ifla.link, beside.parent),
    nest(Ifla.linkinfo, text(1, kind), nest(2, ...data)),
    u32(Ifla.netNsFd, 0),
  );
  return { message: bytes, netnsFdOffset: bytes.length - 4 };
}

/** An interface without a wire, or one VLAN of another interface; down. */
export function newParent(name: string, vlan?: { of: number; id: number }): Buffer {
  if (!vlan) return message(Rtm.newLink, ack | create | excl, linkHeader({}), text(Ifla.ifname, name), kindOf('dummy'));
  const kind = nest(Ifla.linkinfo, text(1, 'vlan'), nest(2, u16(1, vlan.id)));
  return message(
    Rtm.newLink,
    ack | create | excl,
    linkHeader({}),
    text(Ifla.ifname, name),
    u32(Ifla.link, vlan.of),
    kind,
  );
}

const u16 = (type: number, value: number): Buffer => attribute(type, Buffer.from([value & 0xff, value >> 8]));
const kindOf = (kind: string): Buffer => nest(Ifla.linkinfo, text(1, kind));

/** Whether the kernel makes links of a kind: one that lacks everything else is refused for that, or for its kind. */
export function knowsKind(socket: NetlinkSocket, kind: string): boolean {
  try {
    socket.send('ask for a kind of link', [message(Rtm.newLink, ack | create | excl, linkHeader({}), kindOf(kind))]);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code !== 'EOPNOTSUPP';
  }
  return true;
}

export function newBridge(bridge: { name: string; mac: string; mtu: number }): Buffer {
  return message(
    Rtm.newLink,
    ack | create | excl,
    linkHeader({}),
    text(Ifla.ifname, bridge.name),
    attribute(Ifla.address, macBytes(bridge.mac)),
    u32(Ifla.mtu, bridge.mtu),
    nest(Ifla.linkinfo, text(1, 'bridge')),
  );
}

/** Gives a link a text that shows in `ip link`, by which its maker is known. The kernel takes none when it makes a link. */
export function setAlias(name: string, alias: string): Buffer {
  return message(Rtm.setLink, ack, linkHeader({}), text(Ifla.ifname, name), text(Ifla.alias, alias));
}

/** Brings a link up. */
export function linkUp(index: number, flags = ack): Buffer {
  return message(Rtm.setLink, flags, linkHeader({ index, up: true }));
}

/** Before a link goes up: it gets no IPv6 address of its own making. */
export function withoutLinkLocal(index: number, flags = ack): Buffer {
  const addrGenModeNone = attribute(8, Buffer.from([1]));
  return message(Rtm.setLink, flags, linkHeader({ index }), nest(Ifla.afSpec, nest(inet6, addrGenModeNone)));
}

/** Before a link goes up: whoever knew its address at another MAC is told when it does (arp_notify). */
export function announced(index: number, flags = ack): Buffer {
  const conf = nest(1, u32(22, 1));
  return message(Rtm.setLink, flags, linkHeader({ index }), nest(Ifla.afSpec, nest(inet, conf)));
}

/** Lets packets with a source in 127/8 leave through the link (route_localnet). */
export function routeLocalnet(index: number): Buffer {
  const conf = nest(1, u32(26, 1));
  return message(Rtm.setLink, ack, linkHeader({ index }), nest(Ifla.afSpec, nest(inet, conf)));
}

/**
 * Brings a bridge port up in hairpin mode: frames may leave by the port they came in. Where bridged packets go through
 * iptables too (br_netfilter), a container would otherwise not reach itself at a published port. Isolated ports exchange nothing
 * with each other.
 */
export function hairpinPortUp(
  index: number,
  { isolated, alias }: { isolated?: boolean | undefined; alias?: string | undefined } = {},
): Buffer {
  const on = Buffer.from([1]);
  const port = [attribute(4, on), ...(isolated === undefined ? [] : [attribute(33, Buffer.from([Number(isolated)]))])];
  const slave = nest(Ifla.linkinfo, text(4, 'bridge'), nest(5, ...port));
  const named = alias === undefined ? [] : [text(Ifla.alias, alias)];
  return message(Rtm.newLink, ack, linkHeader({ index, up: true }), ...named, slave);
}

/** Makes a link a port of a bridge. */
export function setMaster(index: number, bridge: number): Buffer {
  return message(Rtm.setLink, ack, linkHeader({ index }), u32(Ifla.master, bridge));
}

export function deleteLink(index: number): Buffer {
  return message(Rtm.delLink, ack, linkHeader({ index }));
}

export interface Address {
  index: number;
  ip: string;
  prefix: number;
  broadcast?: string;
}

export function newAddress(address: Address, flags = ack): Buffer {
  return message(Rtm.newAddr, flags | create | replace, ...addressParts(address));
}

export function deleteAddress(address: Address): Buffer {
  return message(Rtm.delAddr, ack, ...addressParts(address));
}

function addressParts(address: Address): Buffer[] {
  const header = Buffer.alloc(8);
  header[0] = familyOf(address.ip);
  header[1] = address.prefix;
  // Nobody else has it: no search for a duplicate holds it back.
  if (header[0] === inet6) header[2] = 2;
  header.writeInt32LE(address.index, 4);
  const ip = ipBytes(address.ip);
  const broadcast = address.broadcast === undefined ? [] : [attribute(4, ipBytes(address.broadcast))];
  return [header, attribute(2, ip), attribute(1, ip), ...broadcast];
}

const isNobody = (gateway: string): boolean => gateway === '0.0.0.0' || gateway === '::';

/** The default route through a gateway on a link; with `0.0.0.0` or `::` the link itself leads everywhere. */
export function defaultRoute(gateway: string, index: number, flags = ack): Buffer {
  return message(RtmRoute.newRoute, flags | create | excl, ...defaultRouteParts(gateway, index));
}

export function deleteDefaultRoute(gateway: string, index: number, flags = ack): Buffer {
  return message(RtmRoute.delRoute, flags, ...defaultRouteParts(gateway, index));
}

function defaultRouteParts(gateway: string, index: number): Buffer[] {
  const header = Buffer.alloc(12);
  header[0] = familyOf(gateway);
  header[4] = 254; // RT_TABLE_MAIN
  header[5] = 3; // RTPROT_BOOT, as `ip route add` has it
  header[7] = 1; // RTN_UNICAST
  return [header, ...(isNobody(gateway) ? [] : [attribute(5, ipBytes(gateway))]), u32(4, index)];
}

/** Tells the host at which MAC an address is from now on, whatever it remembered. */
export function neighbour(index: number, ip: string, mac: string): Buffer {
  const header = Buffer.alloc(12);
  header[0] = familyOf(ip);
  header.writeInt32LE(index, 4);
  header.writeUInt16LE(2, 8); // NUD_REACHABLE: confirmed now, aged as any other
  return message(
    RtmRoute.newNeigh,
    ack | create | replace,
    header,
    attribute(1, ipBytes(ip)),
    attribute(2, macBytes(mac)),
  );
}

export interface LinkInfo {
  index: number;
  name: string;
  mac: string;
  master: number;
  kind: string;
  up: boolean;
  /** Its alias, '' without one. */
  alias: string;
}

/** All links of the socket's namespace. */
export function links(socket: NetlinkSocket): LinkInfo[] {
  const out: LinkInfo[] = [];
  socket.dump('list links', message(Rtm.getLink, dump, linkHeader({})), (_type, body) => {
    const found = attributes(body.subarray(16));
    out.push({
      index: body.readInt32LE(4),
      name: textOf(found.get(Ifla.ifname)),
      mac: [...(found.get(Ifla.address) ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
      master: found.get(Ifla.master)?.readInt32LE(0) ?? 0,
      kind: textOf(attributes(found.get(Ifla.linkinfo) ?? Buffer.alloc(0)).get(1)),
      up: (body.readUInt32LE(8) & up) !== 0,
      alias: textOf(found.get(Ifla.alias)),
    });
  });
  return out;
}

export interface Placed {
  index: number;
  ip: string;
  prefix: number;
}

/** All addresses of the socket's namespace, of one family. */
export function addresses(socket: NetlinkSocket, family: 4 | 6 = 4): Placed[] {
  const out: Placed[] = [];
  const header = Buffer.alloc(8);
  header[0] = family === 4 ? inet : inet6;
  socket.dump('list addresses', message(Rtm.getAddr, dump, header), (_type, body) => {
    const found = attributes(body.subarray(8));
    const ip = ipText(found.get(2) ?? found.get(1));
    if (ip !== undefined) out.push({ index: body.readInt32LE(4), ip, prefix: body[1] ?? 0 });
  });
  return out;
}

/** The destinations of all unicast routes of the main table but the default ones. */
export function routes(socket: NetlinkSocket, family: 4 | 6 = 4): Placed[] {
  const out: Placed[] = [];
  const header = Buffer.alloc(12);
  header[0] = family === 4 ? inet : inet6;
  socket.dump('list routes', message(RtmRoute.getRoute, dump, header), (_type, body) => {
    const found = attributes(body.subarray(12));
    const ip = ipText(found.get(1));
    const isMain = (found.get(15)?.readUInt32LE(0) ?? body[4]) === 254;
    if (ip !== undefined && isMain) out.push({ index: found.get(4)?.readInt32LE(0) ?? 0, ip, prefix: body[1] ?? 0 });
  });
  return out;
}

/** The default routes of the main table, in the terms of `defaultRoute`. */
export function defaultGateways(socket: NetlinkSocket, family: 4 | 6): { gateway: string; index: number }[] {
  const out: { gateway: string; index: number }[] = [];
  const header = Buffer.alloc(12);
  header[0] = family === 4 ? inet : inet6;
  socket.dump('list routes', message(RtmRoute.getRoute, dump, header), (_type, body) => {
    const found = attributes(body.subarray(12));
    const gateway = ipText(found.get(5)) ?? (family === 4 ? '0.0.0.0' : '::');
    const isMain = (found.get(15)?.readUInt32LE(0) ?? body[4]) === 254;
    if (!isMain || body[1] !== 0 || body[7] !== 1) return;
    out.push({ gateway, index: found.get(4)?.readInt32LE(0) ?? 0 });
  });
  return out;
}
