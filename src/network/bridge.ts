import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type NetlinkSocket, rtnetlink } from '../host/index.ts';
import { crashpoint, EngineError } from '../kit/index.ts';
import { firstFree, overlaps, parseBip, type Subnet, sizeOf, subnetOf, toNumber, toText } from './subnets.ts';

/** The engine's bridge as it stands in the kernel. */
export interface Bridge {
  index: number;
  name: string;
  gateway: number;
  subnet: Subnet;
}

export interface BridgeWish {
  name: string;
  mtu: number;
  /** Its address and prefix, if the administrator says so. */
  bip?: string;
  /** What it had in an earlier life, `172.17.0.1/16`. */
  remembered?: string;
}

/** Makes the bridge, its address and its switches what they must be; whatever is right already stays untouched. */
export function ensureBridge(socket: NetlinkSocket, wish: BridgeWish): Bridge {
  const found = rtnetlink.links(socket).find((link) => link.name === wish.name);
  if (found && found.kind !== 'bridge') {
    throw new EngineError('invalid', `bridge device ${wish.name}: an interface of that name is no bridge`);
  }
  const index = found?.index ?? makeBridge(socket, wish);
  const present = rtnetlink.addresses(socket).filter((address) => address.index === index);
  const chosen = choose(socket, wish, index, present);
  const { address, subnet } = chosen;
  for (const old of present) {
    if (toNumber(old.ip) !== address || old.prefix !== subnet.prefix) {
      socket.send('remove an address of the bridge', [rtnetlink.deleteAddress(old)]);
    }
  }
  const broadcast = toText(subnet.base + sizeOf(subnet) - 1);
  writeSwitch(`/proc/sys/net/ipv6/conf/${wish.name}/disable_ipv6`, '1');
  socket.send(`set bridge ${wish.name} up`, [
    rtnetlink.routeLocalnet(index),
    rtnetlink.newAddress({ index, ip: toText(address), prefix: subnet.prefix, broadcast }),
    rtnetlink.linkUp(index),
  ]);
  writeSwitch('/proc/sys/net/ipv4/ip_forward', '1');
  crashpoint('network.bridge');
  return { index, name: wish.name, gateway: address, subnet };
}

function makeBridge(socket: NetlinkSocket, wish: BridgeWish): number {
  socket.send(`make bridge ${wish.name}`, [rtnetlink.newBridge({ name: wish.name, mac: randomMac(), mtu: wish.mtu })]);
  const made = rtnetlink.links(socket).find((link) => link.name === wish.name);
  if (!made) throw new EngineError('internal', `bridge ${wish.name} went away as it was made`);
  return made.index;
}

function choose(
  socket: NetlinkSocket,
  wish: BridgeWish,
  index: number,
  present: { ip: string; prefix: number }[],
): { address: number; subnet: Subnet } {
  if (wish.bip !== undefined) return parseBip(wish.bip);
  const [own] = present;
  if (own) return { address: toNumber(own.ip), subnet: subnetOf(toNumber(own.ip), own.prefix) };
  const taken = [...rtnetlink.routes(socket), ...rtnetlink.addresses(socket)]
    .filter((other) => other.index !== index)
    .map((other) => subnetOf(toNumber(other.ip), other.prefix));
  if (wish.remembered !== undefined) {
    const before = parseBip(wish.remembered);
    if (!taken.some((other) => overlaps(before.subnet, other))) return before;
  }
  const subnet = firstFree(taken);
  return { address: subnet.base + 1, subnet };
}

/** A kernel without IPv6 has no IPv6 switches. */
function writeSwitch(path: string, value: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8').trim() !== value) writeFileSync(path, value);
}

/** A random unicast address of the locally administered kind. */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
