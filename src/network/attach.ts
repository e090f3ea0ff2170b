import { rtnetlink } from '../host/index.ts';
import { EngineError, messageOf, newId } from '../kit/index.ts';
import { randomMac } from './bridge.ts';
import type { AttachRequest, NetworkAttachment, NetworkFurniture } from './contract.ts';
import { type Endpoint, endpointRows, endpointSettings, type Kind, kindOf, portsJson } from './endpoints.ts';
import { furnish, furnishLoopback, linkIndex } from './furniture.ts';
import { hostsFile } from './hosts-file.ts';
import { portWishes } from './port-wishes.ts';
import { resolvConf } from './resolv-conf.ts';
import { allPublications, publicationsOf, type State, standingOf } from './state.ts';
import { sizeOf, toNumber, toText } from './subnets.ts';
import { validate } from './validate.ts';

/** Networks.attach: everything but the sockets is in memory only. */
export function attach(state: State, request: AttachRequest): NetworkAttachment {
  const kind = kindOf(request.mode);
  if (kind === undefined) {
    throw new EngineError('notFound', `failed to set up container networking: network ${request.mode} not found`);
  }
  validate(request);
  if (state.endpoints.has(request.containerId)) {
    throw new EngineError('internal', `container ${request.containerId} has its network already`);
  }
  const { endpoint, sockets } = kind === 'bridge' ? connect(state, request) : bare(request, kind);
  const furniture = furnitureOf(state, endpoint);
  state.endpoints.set(request.containerId, endpoint);
  return {
    ...(furniture === undefined ? {} : { furniture }),
    ...filesOf(state, request, endpoint),
    networks: { [kind]: endpointSettings(state.predefined.get(kind).id, endpoint) },
    ports: kind === 'bridge' ? portsJson(request.exposedPorts, endpoint.ports) : {},
    reserved: sockets,
    record: (tx) => tx.collection(endpointRows).put(endpoint.containerId, endpoint),
    publish: async () => publish(state, endpoint),
  };
}

interface Connected {
  endpoint: Endpoint;
  sockets: number[];
}

function connect(state: State, request: AttachRequest): Connected {
  const { bridge, addresses } = standingOf(state);
  const endpoint = bare(request, 'bridge').endpoint;
  const number = addresses.take();
  const address = toText(number);
  try {
    const reserved = state.ports.reserve(request.containerId, address, portWishes(request));
    const link = {
      veth: `veth${endpoint.endpointId.slice(0, 7)}`,
      index: linkIndex(bridge.index, number - bridge.subnet.base),
      address,
      prefix: bridge.subnet.prefix,
      gateway: toText(bridge.gateway),
    };
    const mac = endpoint.mac || randomMac();
    return { endpoint: { ...endpoint, mac, link, ports: reserved.ports }, sockets: reserved.sockets };
  } catch (error) {
    addresses.giveBack(number, linkIndex(bridge.index, number - bridge.subnet.base));
    const at = `failed programming external connectivity on endpoint ${request.name} (${endpoint.endpointId})`;
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `failed to set up container networking: driver ${at}: ${messageOf(error)}`, error);
  }
}

/** An endpoint without link and ports. */
function bare(request: AttachRequest, network: Kind): Connected {
  const { containerId, name } = request;
  const mac = network === 'host' ? '' : (request.macAddress ?? '').toLowerCase();
  return { endpoint: { containerId, name, network, endpointId: newId(), mac, ports: [] }, sockets: [] };
}

function furnitureOf(state: State, endpoint: Endpoint): NetworkFurniture | undefined {
  if (endpoint.network === 'host') return undefined;
  if (!endpoint.link) return furnishLoopback();
  const { bridge } = standingOf(state);
  return furnish({
    ...endpoint.link,
    bridge: bridge.index,
    mtu: state.options.mtu,
    mac: endpoint.mac,
    broadcast: toText(bridge.subnet.base + sizeOf(bridge.subnet) - 1),
  });
}

function filesOf(state: State, request: AttachRequest, endpoint: Endpoint): { hosts: string; resolvConf: string } {
  const shared = endpoint.network === 'host';
  const hosts =
    shared && request.extraHosts.length === 0
      ? state.hostFiles.hosts()
      : hostsFile({
          hostname: request.hostname,
          domainname: request.domainname,
          extraHosts: request.extraHosts,
          gateway: toText(standingOf(state).bridge.gateway),
          ...(endpoint.link ? { address: endpoint.link.address } : {}),
        });
  return { hosts, resolvConf: resolvConf(state.hostFiles.resolvConf(shared), request.dns, shared) };
}

function publish(state: State, endpoint: Endpoint): void {
  if (!endpoint.link || state.endpoints.get(endpoint.containerId) !== endpoint) return;
  const { bridge, firewall } = standingOf(state);
  const { address } = endpoint.link;
  // Whoever talked to the address's last holder has its MAC in mind: the host, and containers on the bridge.
  state.route.send('say where a container is', [rtnetlink.neighbour(bridge.index, address, endpoint.mac)]);
  state.arp.announce(bridge.index, rtnetlink.ipBytes(address), rtnetlink.macBytes(endpoint.mac));
  const added = publicationsOf(endpoint);
  if (added.length > 0) firewall.publish(added, () => allPublications(state));
}

/** Networks.release */
export function release(state: State, containerId: string): void {
  const endpoint = state.endpoints.get(containerId);
  if (!endpoint) return;
  state.endpoints.delete(containerId);
  state.ports.giveBack(containerId);
  if (!endpoint.link) return;
  const { addresses, firewall } = standingOf(state);
  addresses.giveBack(toNumber(endpoint.link.address), endpoint.link.index);
  const removed = publicationsOf(endpoint);
  if (removed.length > 0) firewall.withdraw(removed, () => allPublications(state));
}
