import type { EndpointSettings } from '../../api/index.ts';
import { rtnetlink } from '../../host/index.ts';
import { EngineError, newId, shortId } from '../../kit/index.ts';
import { contains, type Ip, parseIp, toText } from '../address/subnets.ts';
import { randomMac } from '../bridge/bridge.ts';
import type { Side, Wire } from '../bridge/wire.ts';
import type { KeptAddress } from '../contract.ts';
import { type Line, raiseLine } from '../macvlan/line.ts';
import { isLineDriver } from '../macvlan/options.ts';
import { type Endpoint, type EndpointWish, type Link, type LinkAddress, noLink, wishOf } from '../records/place.ts';
import type { NetworkRecord } from '../records/record.ts';
import { type State, sidesOf, wireOf } from '../state.ts';
import type { Joint } from './furniture.ts';

/** A new network namespace may hold fallback devices (tunl0, sit0, …) from number 2 on: ours comes well after them. */
const firstInside = 16;

/** What an endpoint is made from. */
export interface JointWish {
  containerId: string;
  name: string;
  hostname: string;
  record: NetworkRecord;
  settings: EndpointSettings | undefined;
  macAddress?: string;
  kept?: KeptAddress | undefined;
  /** Of the interfaces that the container has already. */
  others: Endpoint[];
}

/** An endpoint without an interface: of the networks host and none. */
export function bareEndpoint({ record, settings, macAddress }: JointWish): Endpoint {
  const mac = record.name === 'host' ? '' : (macAddress ?? '').toLowerCase();
  return { endpointId: newId(), networkId: record.id, network: record.name, mac, wish: wishOf(settings), names: null };
}

/** An endpoint on a bridge or beside the host, its addresses taken; undo with `unjoin`. */
export function join(state: State, wish: JointWish): Joint {
  const on = isLineDriver(wish.record.driver) ? lineOf(state, wish.record) : wireOf(state, wish.record.id);
  const asked = wishOf(wish.settings);
  const endpointId = newId();
  const v4 = takeAddress(on.v4, asked.IPAMConfig?.IPv4Address, wish.kept?.v4);
  let v6: Ip | undefined;
  try {
    v6 = takeAddress(on.v6, asked.IPAMConfig?.IPv6Address, wish.kept?.v6);
  } catch (error) {
    if (v4) on.v4?.addresses.giveBack(v4, 0);
    throw error;
  }
  const link: Link = {
    ...hostSide(state, on, { endpointId, ip: v4 ?? v6 }),
    ...insideOf(on, asked, wish.others),
    local: asked.IPAMConfig?.LinkLocalIPs ?? [],
    ...(v4 && on.v4 && { v4: linkAddress(v4, on.v4) }),
    ...(v6 && on.v6 && { v6: linkAddress(v6, on.v6) }),
  };
  const mac = macOf(wish);
  const base = { endpointId, networkId: wish.record.id, network: wish.record.name, mac, wish: asked, link };
  return { endpoint: { ...base, names: namesOf(wish, asked) }, link, on };
}

const macOf = ({ macAddress, settings, kept }: JointWish): string =>
  (macAddress || settings?.MacAddress || kept?.mac || randomMac()).toLowerCase();

/** The parent may have gone and come again since, with another number. */
function lineOf(state: State, record: NetworkRecord): Line {
  const line = state.lines.get(record.id) ?? raiseLine(state.route, record, state.options.bridge);
  const { driver, parent } = line;
  const found = rtnetlink.links(state.route).find(({ name }) => name === parent.name);
  if (!found) {
    const text = `the requested parent interface ${parent.name} was not found on the Docker host`;
    throw new EngineError('internal', text);
  }
  if (driver === 'ipvlan' && !rtnetlink.knowsKind(state.route, 'ipvlan')) {
    throw new EngineError('internal', 'failed to create the ipvlan port: operation not supported');
  }
  parent.index = found.index;
  state.lines.set(record.id, line);
  return line;
}

/** The near end of the pair; beside the host there is none. */
function hostSide(
  state: State,
  on: Wire | Line,
  { endpointId, ip }: { endpointId: string; ip: Ip | undefined },
): { veth: string; index: number } {
  if ('parent' in on) return { veth: '', index: noLink };
  const index = linkIndex(state, on, ip);
  state.links.add(index);
  return { veth: `veth${endpointId.slice(0, 7)}`, index };
}

function takeAddress(side: Side | undefined, asked: string | undefined, kept: string | undefined): Ip | undefined {
  if (!side) return undefined;
  const within = (text: string | undefined): Ip | undefined => {
    const ip = text ? parseIp(text) : undefined;
    return ip && contains(side.subnet, ip) ? ip : undefined;
  };
  const wanted = within(asked);
  const own = wanted ? undefined : within(kept);
  if (!own) return side.addresses.take(wanted);
  try {
    return side.addresses.take(own);
  } catch (error) {
    // Somebody else has it by now: any other will do.
    if (!(error instanceof EngineError && error.kind === 'forbidden')) throw error;
    return side.addresses.take();
  }
}

const linkAddress = (ip: Ip, side: Side): LinkAddress => ({
  address: toText(ip),
  prefix: side.subnet.prefix,
  gateway: side.exit,
});

/** The number of the host's side: unique on this machine as long as its address is. */
function linkIndex(state: State, wire: Wire, ip: Ip | undefined): number {
  const bridge = 0x4000_0000 + ((wire.index & 0x3fff) << 16);
  let host = Number((ip?.value ?? 0n) & 0xffffn);
  while (state.links.has(bridge + host)) host = (host + 1) & 0xffff;
  return bridge + host;
}

/** The first free number, and the name that goes with it or was asked for. */
function insideOf(on: Wire | Line, asked: EndpointWish, others: Endpoint[]): { ifName: string; inside: number } {
  const names = new Set(others.map(({ link }) => link?.ifName));
  const numbers = new Set(others.map(({ link }) => link?.inside));
  const prefix = 'parent' in on ? 'eth' : on.options.interfacePrefix;
  const wanted = asked.DriverOpts?.['com.docker.network.endpoint.ifname'];
  if (wanted !== undefined && names.has(wanted)) {
    throw new EngineError('invalid', `interface name ${wanted} is in use in the container`);
  }
  return {
    ifName: wanted ?? `${prefix}${firstFree((number) => names.has(`${prefix}${number}`))}`,
    inside: firstInside + firstFree((number) => numbers.has(firstInside + number)),
  };
}

function firstFree(used: (number: number) => boolean): number {
  let number = 0;
  while (used(number)) number += 1;
  return number;
}

/** As Docker orders them: the first is what the address is called. */
export function namesOf(
  { containerId, name, hostname, record }: Pick<JointWish, 'containerId' | 'name' | 'hostname' | 'record'>,
  { Aliases }: EndpointWish,
): string[] | null {
  if (record.name === 'bridge') return null;
  return [...new Set([name, ...(Aliases ?? []), shortId(containerId), hostname])].filter(Boolean);
}

/** Gives back what an endpoint had; its addresses are free when its link has left the kernel. */
export function unjoin(state: State, { networkId, link }: Endpoint): void {
  if (!link) return;
  const wire = sidesOf(state, networkId);
  state.links.delete(link.index);
  for (const [side, address] of [[wire?.v4, link.v4] as const, [wire?.v6, link.v6] as const]) {
    const ip = address && parseIp(address.address);
    if (ip) side?.addresses.giveBack(ip, link.index);
  }
}
