import { rtnetlink } from '../host/index.ts';
import { crashpoint, EngineError, messageOf } from '../kit/index.ts';
import { holds, ownAddress } from './address/own-address.ts';
import { firstForBridge } from './address/pools.ts';
import {
  describe,
  overlaps,
  parseBip,
  parseIp,
  parsePrefix,
  type Subnet,
  subnetOf,
  toText,
} from './address/subnets.ts';
import { addressesOf, takenSubnets, toLink } from './bridge/bridge.ts';
import { aliasOf, portUp, raise, rulesOf, type Wire } from './bridge/wire.ts';
import { createFirewall } from './firewall/firewall.ts';
import { admitForwarding } from './firewall/host-forward.ts';
import { tableOf } from './firewall/ruleset.ts';
import { raiseLine } from './macvlan/line.ts';
import { isLineDriver } from './macvlan/options.ts';
import { noLink, type Place, placeRows } from './records/place.ts';
import type { NetworkRecord } from './records/record.ts';
import { allPublications, type State, sidesOf } from './state.ts';

/** Networks.restore */
export async function restore(state: State, running: (containerId: string) => boolean): Promise<void> {
  state.records.load();
  state.places.clear();
  state.links.clear();
  for (const place of keepRunning(state, running)) {
    state.places.set(place.containerId, place);
    state.ports.claim({ id: place.containerId, name: place.name }, place.ports);
  }
  await setRight(state);
}

/** Makes bridges, links and firewall what they must be for the containers that have a place. */
export async function setRight(state: State): Promise<void> {
  const { netfilter, options, log } = state;
  raiseAll(state);
  claimAddresses(state);
  tidyBridges(state);
  tidyLinks(state);
  state.firewall = createFirewall(netfilter, tableOf(options.bridge), () => ({
    bridges: [...state.wires.values()].map(rulesOf),
    publications: allPublications(state),
  }));
  state.firewall.restore();
  const bridges = [...state.wires.values()].map(({ name }) => name);
  if (!options.strict) await admitForwarding({ socket: netfilter, bridges, log });
}

function raiseAll(state: State): void {
  const { route: socket, options, records } = state;
  state.wires.clear();
  state.lines.clear();
  for (const record of records.all()) {
    if (record.configOnly || (record.driver !== 'bridge' && !isLineDriver(record.driver))) continue;
    const whole = record.name === 'bridge' ? withOwnAddress(state, record) : record;
    const { bridge: predefined, mtu } = options;
    try {
      if (isLineDriver(record.driver)) state.lines.set(record.id, raiseLine(socket, record, predefined));
      else state.wires.set(record.id, raise({ socket, record: whole, predefined, mtu }));
    } catch (error) {
      if (record.name === 'bridge') throw error;
      state.log.error('a network’s bridge could not be made', { network: record.name, error: messageOf(error) });
    }
  }
}

/** The predefined network with the address and the range that its bridge is to have. */
function withOwnAddress(state: State, record: NetworkRecord): NetworkRecord {
  const { bip, bridge } = state.options;
  const { fixedCidr, defaultGateway, options } = state.options.own;
  const otherwise = () => rememberedOrFree(state, record);
  const { address, range } = ownAddress({ bip, fixedCidr, ...presentBridge(state, record), otherwise });
  const found = parseBip(address);
  if (record.address !== address) state.records.put({ ...record, address });
  checkOwn(found.subnet, range, defaultGateway);
  if (fixedCidr !== undefined && range === undefined) {
    const words = 'fixed-cidr is outside any subnet implied by addresses on the user-managed default bridge';
    state.log.warn(words, { bridge, 'bridge-network': describe(found.subnet), 'fixed-cidr': fixedCidr });
  }
  const aux = defaultGateway && { aux: { DefaultGatewayIPv4: defaultGateway } };
  const pool = {
    subnet: describe(found.subnet),
    gateway: toText(found.address),
    isStatic: false,
    ...(range && { range }),
  };
  return { ...record, address, options: { ...record.options, ...options }, pools: [{ ...pool, ...aux }] };
}

function checkOwn(subnet: Subnet, fixedCidr?: string, defaultGateway?: string): void {
  const range = fixedCidr === undefined ? undefined : parsePrefix(fixedCidr)?.subnet;
  if (fixedCidr !== undefined && (!range || !holds(subnet, range))) {
    throw new EngineError('invalid', `fixed-cidr ${fixedCidr} is no part of the bridge's subnet ${describe(subnet)}`);
  }
  const gateway = defaultGateway === undefined ? undefined : parseIp(defaultGateway);
  if (defaultGateway !== undefined && (!gateway || !holds(subnet, subnetOf(gateway, 32)))) {
    throw new EngineError('invalid', `default gateway ${defaultGateway} must be part of subnet ${describe(subnet)}`);
  }
}

/** Of a bridge of its own that has been taken away the engine remembers the address. */
function presentBridge({ route, options: { bridge, own } }: State, { address }: NetworkRecord) {
  const link = rtnetlink.links(route).find(({ name }) => name === bridge);
  if (!link) return { foreign: false, present: own.fixedCidr !== undefined && address !== undefined ? [address] : [] };
  // One that a host shares with others (10.0.0.7/32) is no network.
  const present = addressesOf(route, link.index).flatMap(({ ip, prefix }) =>
    ip.includes(':') || prefix > 30 ? [] : [`${ip}/${prefix}`],
  );
  return { foreign: link.alias !== aliasOf(bridge), present };
}

function rememberedOrFree(state: State, record: NetworkRecord): string {
  const ours = new Set(
    rtnetlink
      .links(state.route)
      .filter(({ alias }) => alias === aliasOf(state.options.bridge))
      .map(({ index }) => index),
  );
  const taken = [...takenSubnets(state.route, (index) => ours.has(index)), ...plannedSubnets(state)];
  if (record.address !== undefined) {
    const before = parseBip(record.address);
    if (!taken.some((other) => overlaps(before.subnet, other))) return record.address;
  }
  const subnet = firstForBridge(taken, state.options.pools);
  return `${toText({ family: 4, value: subnet.base + 1n })}/${subnet.prefix}`;
}

/** What the user-defined networks have, whether their bridges stand or not. */
function plannedSubnets(state: State): Subnet[] {
  return state.records
    .all()
    .filter(({ configOnly }) => !configOnly)
    .flatMap(({ pools }) => pools)
    .flatMap(({ subnet }) => {
      const [ip = '', bits = ''] = subnet.split('/');
      const base = parseIp(ip);
      return base ? [subnetOf(base, Number(bits))] : [];
    });
}

function claimAddresses(state: State): void {
  for (const { networkId, link } of [...state.places.values()].flatMap(({ endpoints }) => endpoints)) {
    const wire = sidesOf(state, networkId);
    if (!link || !wire) continue;
    if (link.index !== noLink) state.links.add(link.index);
    for (const [side, address] of [[wire.v4, link.v4] as const, [wire.v6, link.v6] as const]) {
      const ip = address && parseIp(address.address);
      if (ip) side?.addresses.claim(ip);
    }
  }
}

function keepRunning(state: State, running: (containerId: string) => boolean): Place[] {
  const all = state.store.view((tx) => tx.collection(placeRows).all());
  const gone = all.filter(({ id }) => !running(id));
  if (gone.length > 0) {
    state.store.update((tx) => {
      for (const { id } of gone) tx.collection(placeRows).delete(id);
    });
    crashpoint('network.forget');
  }
  return all.filter(({ id }) => running(id)).map(({ document }) => document);
}

/** Bridges, and interfaces that networks stand on, that this engine made for such as are no more. */
function tidyBridges(state: State): void {
  const bridges = [...state.wires.values()].map(({ index }) => index);
  const wanted = new Set([...bridges, ...[...state.lines.values()].map(({ parent }) => parent.index)]);
  for (const link of rtnetlink.links(state.route)) {
    if (
      !['bridge', 'vlan', 'dummy'].includes(link.kind) ||
      link.alias !== aliasOf(state.options.bridge) ||
      wanted.has(link.index)
    )
      continue;
    state.log.warn('a bridge of no network is removed', { bridge: link.name });
    state.route.send('remove a bridge of no network', [rtnetlink.deleteLink(link.index)]);
    crashpoint('network.tidied');
  }
}

/**
 * Links that no container has any more are deleted; those of running ones are ports of their bridge again, if it was made anew. On a bridge that
 * somebody else made others have links, too: only those of this engine are looked at.
 */
function tidyLinks(state: State): void {
  const bridges = new Map<number, Wire>([...state.wires.values()].map((wire) => [wire.index, wire]));
  const wanted = new Map(
    [...state.places.values()]
      .flatMap(({ endpoints }) => endpoints)
      .flatMap(({ link, networkId }) => (link ? [[link.index, state.wires.get(networkId)] as const] : [])),
  );
  const astray = rtnetlink.links(state.route).filter(({ kind, index, master, alias }) => {
    const [home, at] = [wanted.get(index), bridges.get(master)];
    return kind === 'veth' && home?.index !== master && (home !== undefined || (at !== undefined && isOurs(at, alias)));
  });
  if (astray.some(({ index }) => !wanted.has(index))) distrustPlaces(state);
  for (const link of astray) {
    const home = wanted.get(link.index);
    if (home === undefined) {
      state.log.warn('a link of no container is removed', { link: link.name });
      toLink(() => state.route.send('remove a link of no container', [rtnetlink.deleteLink(link.index)]));
    } else {
      const back = [rtnetlink.setMaster(link.index, home.index), portUp(home, link.index)];
      toLink(() => state.route.send('put a link back on the bridge', back));
    }
    crashpoint('network.link');
  }
}

const isOurs = ({ portAlias }: Wire, alias: string): boolean => portAlias === undefined || portAlias === alias;

/** A link that was made and not written down may have been a container's new way out, in place of the one it had. */
function distrustPlaces({ store, places }: State): void {
  store.note((tx) => {
    for (const place of places.values()) {
      place.changed = true;
      tx.collection(placeRows).put(place.containerId, place);
    }
  });
}
