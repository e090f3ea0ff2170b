import { netlink, rtnetlink } from '../host/index.ts';
import type { NetworkFurniture } from './contract.ts';

/** A new network namespace may hold fallback devices (tunl0, sit0, …) from number 2 on: ours comes well after them. */
const insideIndex = 16;
const loopback = 1;

export interface Wire {
  /** The host's side. */
  veth: string;
  index: number;
  bridge: number;
  mtu: number;
  mac: string;
  address: string;
  prefix: number;
  broadcast: string;
  gateway: string;
}

/** The messages that give a container its eth0 on the bridge: one datagram from the host, one from inside. */
export function furnish(wire: Wire): NetworkFurniture {
  const { ack } = netlink.NetlinkFlag;
  const quiet = 0; // of a datagram of several messages only the last asks for an acknowledgement; refusals come anyway
  const veth = rtnetlink.newVeth({
    name: wire.veth,
    index: wire.index,
    bridge: wire.bridge,
    mtu: wire.mtu,
    peer: { name: 'eth0', index: insideIndex, mac: wire.mac },
  });
  const { address: ip, prefix, broadcast } = wire;
  const inside = Buffer.concat([
    rtnetlink.linkUp(loopback, quiet),
    rtnetlink.withoutLinkLocal(insideIndex, quiet),
    rtnetlink.newAddress({ index: insideIndex, ip, prefix, broadcast }, quiet),
    rtnetlink.linkUp(insideIndex, quiet),
    rtnetlink.defaultRoute(wire.gateway, insideIndex, ack),
  ]);
  const host = Buffer.concat([veth.message, rtnetlink.hairpinPortUp(wire.index)]);
  return { host: [{ message: host, netnsFdOffset: veth.netnsFdOffset }], inside: [{ message: inside }] };
}

/** For a namespace without a network: only its loopback is brought up. */
export function furnishLoopback(): NetworkFurniture {
  return { host: [], inside: [{ message: rtnetlink.linkUp(loopback) }] };
}

/** The number of a container's host-side link, unique among the bridges of this machine as long as its address is. */
export function linkIndex(bridge: number, host: number): number {
  return 0x4000_0000 + ((bridge & 0x3fff) << 16) + host;
}
