import { crashpoint, EngineError, newId } from '../../kit/index.ts';
import { firstForNetwork } from '../address/pools.ts';
import { describe, overlaps, parsePrefix, type Subnet, toText } from '../address/subnets.ts';
import { takenSubnets } from '../bridge/bridge.ts';
import { bridgeOptions } from '../bridge/options.ts';
import { bridgeName, layout, raise, rulesOf } from '../bridge/wire.ts';
import type { NetworkCreateBody } from '../contract.ts';
import { admitForwarding } from '../firewall/host-forward.ts';
import { checkParent, raiseLine } from '../macvlan/line.ts';
import { isLineDriver } from '../macvlan/options.ts';
import { isPredefined, type NetworkRecord, type PoolRecord, plainNetwork } from '../records/record.ts';
import { announce, firewallOf, type State } from '../state.ts';
import { checkIpam, checkIpv6Subnet } from './check.ts';
import { lower } from './lower.ts';

const forbidden = (text: string): EngineError => new EngineError('forbidden', text);

/** Networks.create. Its record comes first: a kill leaves a network that the next start makes whole. */
export async function create(state: State, body: NetworkCreateBody): Promise<{ Id: string; Warning: string }> {
  return state.turns.run('networks', async () => {
    const record = settle(state, plan(state, body));
    state.records.put(record);
    if (!record.configOnly) {
      try {
        await stand(state, record);
      } catch (error) {
        await lower(state, record);
        state.records.delete(record.id);
        throw error;
      }
    }
    announce(state, 'create', record.id, { name: record.name, type: record.driver });
    return { Id: record.id, Warning: '' };
  });
}

/** Makes a network's bridge and lets it through the firewall, or finds the interface that it stands on. */
async function stand(state: State, record: NetworkRecord): Promise<void> {
  const { bridge, mtu, strict } = state.options;
  if (isLineDriver(record.driver)) {
    state.lines.set(record.id, raiseLine(state.route, record, bridge));
    return;
  }
  const wire = raise({ socket: state.route, record, predefined: bridge, mtu });
  state.wires.set(record.id, wire);
  firewallOf(state).admit(rulesOf(wire));
  crashpoint('network.admitted');
  if (!strict) await admitForwarding({ socket: state.netfilter, bridges: [wire.name], log: state.log });
}

/** What the body says, checked, but with no address space of the engine's choosing. */
function plan(state: State, body: NetworkCreateBody): NetworkRecord {
  const { Name = '', IPAM } = body;
  const driver = body.Driver || 'bridge';
  if (isPredefined(Name)) throw forbidden(`operation is not permitted on predefined ${Name} network `);
  checkScope(body, driver);
  const options = { ...body.Options };
  const enableIPv4 = body.EnableIPv4 ?? flagOption(options, 'com.docker.network.enable_ipv4', true);
  const enableIPv6 = body.EnableIPv6 ?? flagOption(options, 'com.docker.network.enable_ipv6', false);
  checkIpam(IPAM?.Config ?? [], enableIPv6);
  if (Name.trim() === '') throw new EngineError('invalid', 'invalid name: name is empty');
  if (state.records.all().some(({ name }) => name === Name)) {
    throw new EngineError('conflict', `network with name ${Name} already exists`);
  }
  checkConfiguration(body, enableIPv4, enableIPv6);
  const asked = { ...recordOf(body, driver), name: Name, options, enableIPv4, enableIPv6 };
  return asked.configFrom === '' ? asked : { ...asked, ...configured(state, asked.configFrom) };
}

function recordOf(body: NetworkCreateBody, driver: string): NetworkRecord {
  const configOnly = body.ConfigOnly ?? false;
  return {
    ...plainNetwork,
    id: newId(),
    name: '',
    driver: configOnly ? 'null' : driver,
    created: new Date().toISOString(),
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    configOnly,
    configFrom: body.ConfigFrom?.Network ?? '',
    labels: body.Labels ?? {},
    ipamOptions: body.IPAM?.Options ?? null,
    // Docker lists IPv4 first.
    pools: (body.IPAM?.Config ?? []).map(poolOf).toSorted((a, b) => familyOf(a) - familyOf(b)),
  };
}

function checkScope({ Scope, Ingress, IPAM }: NetworkCreateBody, driver: string): void {
  if (driver === 'overlay') {
    throw forbidden(
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  if (Scope === 'swarm') throw forbidden('cannot create a swarm scoped network when swarm is not active');
  if (Ingress) throw forbidden('Ingress network can only be global scope network');
  if (driver === 'host' || driver === 'null') throw forbidden(`only one instance of "${driver}" network is allowed`);
  if (driver !== 'bridge' && !isLineDriver(driver)) throw new EngineError('notFound', `plugin "${driver}" not found`);
  const ipam = IPAM?.Driver || 'default';
  if (ipam !== 'default') throw new EngineError('notFound', `plugin "${ipam}" not found`);
}

function flagOption(options: Record<string, string>, label: string, absent: boolean): boolean {
  const value = options[label];
  if (value === undefined) return absent;
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new EngineError('invalid', `driver-opt ${JSON.stringify(label)} is not a valid bool`);
}

function checkConfiguration(body: NetworkCreateBody, enableIPv4: boolean, enableIPv6: boolean): void {
  const { ConfigOnly, ConfigFrom, Labels, Options, IPAM } = body;
  if (ConfigOnly && (body.Internal || body.Attachable || body.Scope)) {
    throw forbidden(
      'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.',
    );
  }
  if (ConfigFrom?.Network) {
    if (ConfigOnly) throw forbidden('a configuration network cannot depend on another configuration network');
    const own = [Labels, IPAM?.Options, IPAM?.Config].some((part) => Object.keys(part ?? {}).length > 0);
    if (!enableIPv4 || enableIPv6 || own) {
      throw forbidden(
        'user specified configurations are not supported if the network depends on a configuration network',
      );
    }
    if (Object.keys(Options ?? {}).length > 0) {
      throw forbidden('network driver options are not supported if the network depends on a configuration network');
    }
  } else if (!enableIPv4 && !enableIPv6) {
    throw new EngineError('invalid', 'IPv4 or IPv6 must be enabled');
  }
}

const familyOf = ({ subnet }: PoolRecord): number => (subnet.includes(':') ? 6 : 4);

function poolOf(config: NonNullable<NonNullable<NetworkCreateBody['IPAM']>['Config']>[number]): PoolRecord {
  const { Subnet = '', IPRange, Gateway, AuxiliaryAddresses } = config;
  return {
    subnet: Subnet,
    ...(IPRange && { range: IPRange }),
    ...(Gateway && { gateway: Gateway }),
    ...(AuxiliaryAddresses && { aux: AuxiliaryAddresses }),
    isStatic: true,
  };
}

function configured(state: State, reference: string): Partial<NetworkRecord> {
  const source = state.records.all().find(({ name, id }) => name === reference || id === reference);
  if (!source?.configOnly) {
    throw new EngineError('notFound', `configuration network ${JSON.stringify(reference)} does not exist`);
  }
  const { enableIPv4, enableIPv6, labels, options, ipamOptions, pools, name } = source;
  return { enableIPv4, enableIPv6, labels, options, ipamOptions, pools, configFrom: name };
}

/** Gives it the address space it did not ask for; what it asked for must clash with nobody's. */
function settle(state: State, record: NetworkRecord): NetworkRecord {
  if (record.configOnly) return record;
  if (isLineDriver(record.driver)) {
    checkParent(record, state.records.all());
    return settlePools(state, record);
  }
  const options = bridgeOptions(record.options);
  if (!record.internal && [options.mode4, options.mode6].includes('isolated')) {
    throw new EngineError('internal', "gateway mode 'isolated' can only be used for an internal network");
  }
  const ours = [...state.wires.values()];
  const name = bridgeName(record, state.options.bridge);
  const namesake = ours.find((wire) => wire.name === name);
  if (namesake) {
    throw new EngineError(
      'forbidden',
      `cannot create network ${record.id} (${name}): conflicts with network ${namesake.record.id} (${name}): networks have same bridge name`,
    );
  }
  if (name.length > 15) throw new EngineError('internal', 'numerical result out of range');
  return settlePools(state, record);
}

function settlePools(state: State, record: NetworkRecord): NetworkRecord {
  const ours = [...state.wires.values(), ...state.lines.values()];
  const subnets = ours.flatMap(({ v4, v6 }) => [v4, v6].flatMap((side) => (side ? [side.subnet] : [])));
  const added: PoolRecord[] = [];
  for (const family of [4, 6] as const) {
    if (!(family === 4 ? record.enableIPv4 : record.enableIPv6)) continue;
    const asked = record.pools.filter((pool) => parsePrefix(pool.subnet)?.subnet.family === family);
    if (asked.length > 1)
      throw new EngineError('forbidden', `${record.driver} driver doesn't support multiple subnets`);
    const [only] = asked;
    if (only === undefined) added.push(choose(state, record, family, subnets));
    else checkAsked(only, subnets);
  }
  return { ...record, pools: [...record.pools, ...added] };
}

function checkAsked(pool: PoolRecord, taken: Subnet[]): void {
  const { subnet } = layout(pool);
  if (subnet.family === 6) checkIpv6Subnet(subnet);
  if (taken.some((other) => overlaps(other, subnet))) {
    throw new EngineError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space');
  }
}

function choose(state: State, record: NetworkRecord, family: 4 | 6, ours: Subnet[]): PoolRecord {
  const taken = [...ours, ...takenSubnets(state.route)];
  const subnet = firstForNetwork(family, taken, state.options.pools, state.records.find('bridge').id);
  const pool = { subnet: describe(subnet), isStatic: false };
  const leadsNowhere = record.internal && isLineDriver(record.driver);
  return leadsNowhere ? pool : { ...pool, gateway: toText(layout(pool).gateway) };
}
