import { type NetlinkSocket, rtnetlink, SystemError } from '../../host/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import { createAddresses } from '../address/addresses.ts';
import { describe, toText } from '../address/subnets.ts';
import { layout, type Side } from '../bridge/wire.ts';
import type { NetworkRecord, PoolRecord } from '../records/record.ts';
import { type LineDriver, type LineOptions, lineOptions, vlanOf } from './options.ts';

/** A network whose containers stand beside the host on an interface of it, as it is in the kernel. */
export interface Line {
  record: NetworkRecord;
  driver: LineDriver;
  options: LineOptions;
  /** The host's interface. */
  parent: { name: string; index: number };
  v4?: Side;
  v6?: Side;
}

/** What an interface that an engine has made for such networks is known by. */
export const parentAlias = (predefined: string): string => `tug ${predefined}`;

/** The host's interface of such a network: the one it names, or one of its own. */
export function parentName(record: NetworkRecord, { parent }: LineOptions): string {
  return parent || `dm-${record.id.slice(0, 12)}`;
}

/** Makes of a record what its containers need: its parent, if that is a VLAN or a dummy of the engine's making, and its addresses. */
export function raiseLine(socket: NetlinkSocket, record: NetworkRecord, predefined: string): Line {
  const driver = record.driver as LineDriver;
  const options = lineOptions(driver, record.options);
  const name = parentName(record, options);
  const parent = findLink(socket, name) ?? makeParent(socket, { name, options, alias: parentAlias(predefined) });
  const sides = record.pools.map((pool) => sideOf(pool, record, options));
  const v4 = record.enableIPv4 ? sides.find(({ subnet }) => subnet.family === 4) : undefined;
  const v6 = record.enableIPv6 ? sides.find(({ subnet }) => subnet.family === 6) : undefined;
  return { record, driver, options, parent, ...(v4 && { v4 }), ...(v6 && { v6 }) };
}

function findLink(socket: NetlinkSocket, name: string): { name: string; index: number } | undefined {
  const found = rtnetlink.links(socket).find((link) => link.name === name);
  return found && { name, index: found.index };
}

interface Parent {
  name: string;
  options: LineOptions;
  alias: string;
}

function makeParent(socket: NetlinkSocket, { name, options, alias }: Parent): { name: string; index: number } {
  const vlan = options.parent === '' ? undefined : vlanOf(options.parent);
  const below = vlan && findLink(socket, vlan.below);
  if (vlan && !below) {
    throw new EngineError('internal', `-o parent interface was not found on the host: ${vlan.below}`);
  }
  try {
    const made = vlan && below ? { of: below.index, id: vlan.id } : undefined;
    socket.send(`make ${name}`, [rtnetlink.newParent(name, made), rtnetlink.setAlias(name, alias)]);
  } catch (error) {
    const isMissing = error instanceof SystemError && error.code === 'EOPNOTSUPP';
    if (!isMissing) throw error;
    const what = vlan ? `failed to create ${name} vlan link: ` : '';
    throw new EngineError('internal', `${what}operation not supported`, error);
  }
  const found = findLink(socket, name);
  if (!found) throw new EngineError('internal', `${name} went away as it was made`);
  socket.send(`set ${name} up`, [rtnetlink.linkUp(found.index)]);
  crashpoint('network.parent');
  return found;
}

/** Nothing leads out of an internal network, so that its first address is anybody's; in layer 3 the interface itself is the way out. */
function sideOf(pool: PoolRecord, { internal }: NetworkRecord, { mode }: LineOptions): Side {
  const { subnet, range, gateway, exit, aux } = layout(pool);
  const hasGateway = !internal && mode !== 'l3' && mode !== 'l3s';
  const device = subnet.family === 4 ? '0.0.0.0' : '::';
  const exitOf = (): string => (internal ? '' : hasGateway ? toText(exit) : device);
  const reserved = hasGateway || pool.gateway ? [gateway, ...aux] : aux;
  return {
    subnet,
    described: describe(subnet),
    gateway: hasGateway ? toText(gateway) : '',
    exit: exitOf(),
    // Its containers' interfaces go with their namespaces: there is nothing on the host to wait for.
    addresses: createAddresses({
      subnet,
      reserved,
      isGone: () => true,
      evict: () => undefined,
      ...(range && { range }),
    }),
  };
}

/** Refuses a parent that another network has for itself, in Docker's words. */
export function checkParent(record: NetworkRecord, others: NetworkRecord[]): void {
  const driver = record.driver as LineDriver;
  const options = lineOptions(driver, record.options);
  const name = parentName(record, options);
  for (const other of others.filter((candidate) => candidate.driver === driver && !candidate.configOnly)) {
    const theirs = lineOptions(driver, other.options);
    if (parentName(other, theirs) !== name) continue;
    const who = `${driver} network ${other.id} is already using parent interface ${name}`;
    if (theirs.mode === 'passthru') throw new EngineError('internal', `${who} in mode passthru`);
    if (options.mode === 'passthru') throw new EngineError('internal', `cannot use mode passthru, ${who}`);
  }
}

/** Takes the parent of a network that goes away again, if the engine made it and nobody else stands on it. */
export function lowerLine(socket: NetlinkSocket, line: Line, others: Iterable<Line>, predefined: string): void {
  if ([...others].some((other) => other !== line && other.parent.index === line.parent.index)) return;
  const found = rtnetlink.links(socket).find(({ index }) => index === line.parent.index);
  if (found?.alias !== parentAlias(predefined)) return;
  socket.send(`remove ${line.parent.name}`, [rtnetlink.deleteLink(found.index)]);
  crashpoint('network.parentGone');
}
