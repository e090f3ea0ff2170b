import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type NetlinkSocket, rtnetlink, SystemError } from '../../host/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import { type Ip, lastOf, parseIp, type Subnet, subnetOf, toText } from '../address/subnets.ts';

/** An address of the bridge, and the network that it is the gateway of. */
export interface BridgeAddress {
  ip: Ip;
  subnet: Subnet;
}

export interface BridgeWish {
  name: string;
  mtu: number;
  addresses: BridgeAddress[];
  /** Whether its containers speak IPv6. */
  ipv6: boolean;
  /** By which an engine knows its own. */
  alias: string;
}

/** A bridge that stands. */
export interface Standing {
  index: number;
  /** Whether somebody else made it. */
  foreign: boolean;
}

/**
 * Makes a bridge, its addresses and its switches what they must be; whatever is right already stays untouched. To a bridge of somebody else's
 * is added what is missing, and nothing is taken away: the host itself may be reached by its addresses.
 */
export function ensureBridge(socket: NetlinkSocket, wish: BridgeWish): Standing {
  const { name } = wish;
  const found = rtnetlink.links(socket).find((link) => link.name === name);
  if (found && found.kind !== 'bridge') {
    throw new EngineError('invalid', `bridge device ${name}: an interface of that name is no bridge`);
  }
  const index = found?.index ?? makeBridge(socket, wish);
  const foreign = found !== undefined && found.alias !== wish.alias;
  if (!foreign) removeOtherAddresses(socket, index, wish);
  if (wish.ipv6 || !foreign) writeSwitch(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, wish.ipv6 ? '0' : '1');
  if (wish.ipv6 && !foreign) writeSwitch(`/proc/sys/net/ipv6/conf/${name}/accept_ra`, '0');
  socket.send(`set bridge ${name} up`, [
    rtnetlink.routeLocalnet(index),
    ...wish.addresses.map((address) => rtnetlink.newAddress(kernelAddress(index, address))),
    rtnetlink.linkUp(index),
  ]);
  writeSwitch('/proc/sys/net/ipv4/ip_forward', '1');
  if (wish.ipv6) forwardIpv6();
  crashpoint('network.bridge');
  return { index, foreign };
}

function removeOtherAddresses(socket: NetlinkSocket, index: number, wish: BridgeWish): void {
  const wanted = new Set(wish.addresses.map(({ ip, subnet }) => `${toText(ip)}/${subnet.prefix}`));
  for (const old of addressesOf(socket, index)) {
    if (wanted.has(`${old.ip}/${old.prefix}`) || old.ip.startsWith('fe80:')) continue;
    socket.send('remove an address of the bridge', [rtnetlink.deleteAddress(old)]);
  }
}

/** What a bridge has now, of both families. */
export function addressesOf(socket: NetlinkSocket, index: number): rtnetlink.Placed[] {
  return ([4, 6] as const)
    .flatMap((family) => rtnetlink.addresses(socket, family))
    .filter((address) => address.index === index);
}

function kernelAddress(index: number, { ip, subnet }: BridgeAddress): rtnetlink.Address {
  const broadcast = ip.family === 4 ? { broadcast: toText(lastOf(subnet)) } : {};
  return { index, ip: toText(ip), prefix: subnet.prefix, ...broadcast };
}

function makeBridge(socket: NetlinkSocket, { name, mtu, alias }: BridgeWish): number {
  socket.send(`make bridge ${name}`, [
    rtnetlink.newBridge({ name, mac: randomMac(), mtu }),
    rtnetlink.setAlias(name, alias),
  ]);
  const made = rtnetlink.links(socket).find((link) => link.name === name);
  if (!made) throw new EngineError('internal', `bridge ${name} went away as it was made`);
  return made.index;
}

/** Everything this machine has a route or an address in, but for links that `ours` names. */
export function takenSubnets(socket: NetlinkSocket, ours: (index: number) => boolean = () => false): Subnet[] {
  const places = ([4, 6] as const).flatMap((family) => [
    ...rtnetlink.routes(socket, family),
    ...rtnetlink.addresses(socket, family),
  ]);
  return places.flatMap(({ index, ip, prefix }) => {
    const address = ours(index) ? undefined : parseIp(ip);
    return address === undefined ? [] : [subnetOf(address, prefix)];
  });
}

/** A router takes no other router's word, unless the administrator says that it does (accept_ra 2): the host's own route must stay. */
function forwardIpv6(): void {
  const path = '/proc/sys/net/ipv6/conf/all/forwarding';
  if (!existsSync(path) || readFileSync(path, 'utf8').trim() === '1') return;
  for (const kind of ['default', 'all']) writeSwitch(`/proc/sys/net/ipv6/conf/${kind}/forwarding`, '1');
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

/** Does something to a link; false if it has gone meanwhile, as links do when a namespace ends. */
export function toLink(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENODEV') return false;
    throw error;
  }
}

const filters = ['iptables', 'ip6tables'].map((name) => `/proc/sys/net/bridge/bridge-nf-call-${name}`);

/** Whether what a bridge passes from port to port goes through the firewall, too (br_netfilter); it can change at any time. */
export function bridgedIsFiltered(): boolean {
  return filters.every((path) => existsSync(path) && readFileSync(path, 'utf8').trim() !== '0');
}
