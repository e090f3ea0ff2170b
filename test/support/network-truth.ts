import { must } from './command.ts';
import type { Engine } from './engine.ts';

interface Network {
  Name: string;
  Id: string;
  IPAM: { Config: { Gateway?: string }[] };
  Containers: Record<string, { EndpointID: string }>;
}

interface Endpoint {
  EndpointID: string;
  IPAddress: string;
  GlobalIPv6Address: string;
  Gateway: string;
  IPv6Gateway: string;
}

interface Container {
  Id: string;
  Name: string;
  State: { Pid: number };
  HostConfig: { PortBindings: Record<string, { HostPort: string }[] | null> | null };
  NetworkSettings: {
    Networks: Record<string, Endpoint>;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
  };
}

interface Told {
  networks: Network[];
  containers: Container[];
}

interface Link {
  ifname: string;
  ifalias?: string;
  master?: string;
}

/**
 * Where what an engine says of its networks and what the kernel has differ: bridges and their addresses, pairs of interfaces, addresses
 * and routes inside, elements of the firewall, ports that are held. Every port of `ports` that no container has must be free.
 */
export async function untruths(engine: Engine, ports: number[] = []): Promise<string[]> {
  const get = async <T>(path: string) => (await engine.request('GET', path)).json() as T;
  const listed = await get<Network[]>('/networks?filters={"driver":["bridge"]}');
  const networks = await Promise.all(listed.map(({ Id }) => get<Network>(`/networks/${Id}`)));
  const running = await get<{ Id: string }[]>('/containers/json');
  const containers = await Promise.all(running.map(({ Id }) => get<Container>(`/containers/${Id}/json`)));
  const told: Told = { networks, containers };
  return [
    ...(await linkUntruths(engine, told)),
    ...(await Promise.all(containers.map(insideUntruths))).flat(),
    ...(await firewallUntruths(engine, told)),
    ...portUntruths(told, ports),
  ];
}

/** What one has and the other has not. */
function differences(what: string, kernel: string[], said: string[]): string[] {
  return [
    ...kernel.filter((one) => !said.includes(one)).map((one) => `${what} ${one} is there and nobody’s`),
    ...said.filter((one) => !kernel.includes(one)).map((one) => `${what} ${one} is not there`),
  ];
}

const bridgeOf = (engine: Engine, { Name, Id }: Network): string =>
  Name === 'bridge' ? engine.bridge : `br-${Id.slice(0, 12)}`;
const pairOf = ({ EndpointID }: { EndpointID: string }): string => `veth${EndpointID.slice(0, 7)}`;
const endpointsOf = ({ NetworkSettings }: Pick<Container, 'NetworkSettings'>): Endpoint[] =>
  Object.values(NetworkSettings.Networks);

async function linkUntruths(engine: Engine, { networks, containers }: Told): Promise<string[]> {
  const links = JSON.parse(await must(['ip', '-j', '-d', 'link'])) as Link[];
  const bridges = links.filter(({ ifalias }) => ifalias === `tug ${engine.bridge}`).map(({ ifname }) => ifname);
  const wanted = networks.map((network) => bridgeOf(engine, network));
  const pairs = links.filter(({ master }) => master !== undefined && wanted.includes(master));
  const known = containers.flatMap((container) => endpointsOf(container).map(pairOf));
  const members = networks.flatMap(({ Containers }) => Object.values(Containers).map(pairOf));
  const addresses = await Promise.all(
    networks.map(async (network) => {
      const bridge = bridgeOf(engine, network);
      const said = network.IPAM.Config.flatMap(({ Gateway }) => Gateway ?? []);
      return bridges.includes(bridge) ? differences(`address of ${bridge}`, await addressesOn(bridge), said) : [];
    }),
  );
  return [
    ...differences('bridge', bridges, wanted),
    ...differences(
      'interface',
      pairs.map(({ ifname }) => ifname),
      known,
    ),
    ...differences('endpoint', members, known),
    ...addresses.flat(),
  ];
}

async function addressesOn(bridge: string): Promise<string[]> {
  const text = await must(['ip', '-o', 'address', 'show', 'dev', bridge]);
  return [...text.matchAll(/inet6? ([^/ ]+)/g)].map(([, ip]) => ip ?? '').filter((ip) => !ip.startsWith('fe80'));
}

/** The one way out: of a network with IPv6 before one without, then by name. */
function exitOf(container: Container): string[] {
  const sorted = Object.entries(container.NetworkSettings.Networks)
    .filter(([, { Gateway }]) => Gateway !== '')
    .toSorted(
      ([a, one], [b, other]) => Number(other.IPv6Gateway !== '') - Number(one.IPv6Gateway !== '') || (a < b ? -1 : 1),
    );
  return sorted.slice(0, 1).map(([, { Gateway }]) => Gateway);
}

async function insideUntruths(container: Container): Promise<string[]> {
  const inside = ['nsenter', '-t', String(container.State.Pid), '-n', 'ip'];
  const addresses = await must([...inside, '-o', 'address']);
  const found = [...addresses.matchAll(/eth\d+ +inet6? ([^/ ]+)/g)].map(([, ip]) => ip ?? '');
  const said = endpointsOf(container).flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]);
  const routes = await must([...inside, 'route']);
  const ways = [...routes.matchAll(/^default via (\S+)/gm)].map(([, ip]) => ip ?? '');
  return [
    ...differences(
      `address in ${container.Name}`,
      found.filter((ip) => !ip.startsWith('fe80')),
      said.filter(Boolean),
    ),
    ...differences(`way out of ${container.Name}`, ways, exitOf(container)),
  ];
}

type Part = string | number | { concat: (string | number)[] };

interface Collection {
  name: string;
  elem?: (Part | [Part, Part])[];
}

async function firewallUntruths(engine: Engine, { networks, containers }: Told): Promise<string[]> {
  const table = await must(['nft', '-j', 'list', 'table', 'inet', `tug_${engine.bridge}`]);
  const { nftables } = JSON.parse(table) as { nftables: { set?: Collection; map?: Collection }[] };
  const elements = (wanted: string): string[] => {
    const found = nftables.map(({ set, map }) => set ?? map).find((collection) => collection?.name === wanted);
    return (found?.elem ?? []).map(spelled);
  };
  const published = containers.flatMap((container) => {
    const [exit] = exitOf(container);
    const ip = endpointsOf(container).find(({ Gateway }) => Gateway === exit)?.IPAddress ?? '';
    return bindingsOf(container).map(({ HostIp, HostPort, inside }) => `${HostIp} tcp ${HostPort} : ${ip} ${inside}`);
  });
  return [
    ...differences(
      'firewall’s bridge',
      elements('bridges'),
      networks.map((network) => bridgeOf(engine, network)),
    ),
    ...differences('firewall’s port', elements('published_at'), published),
    ...['published', 'published6', 'published6_at', 'reachable', 'reachable6'].flatMap((name) =>
      elements(name).map((element) => `firewall’s ${name} ${element} is there and nobody’s`),
    ),
  ];
}

function spelled(element: Part | [Part, Part]): string {
  if (Array.isArray(element)) return element.map(spelled).join(' : ');
  return typeof element === 'object' ? element.concat.join(' ') : String(element);
}

function bindingsOf({ NetworkSettings }: Container): { HostIp: string; HostPort: string; inside: string }[] {
  return Object.entries(NetworkSettings.Ports).flatMap(([key, bindings]) =>
    (bindings ?? []).map((binding) => ({ ...binding, inside: key.replace('/tcp', '') })),
  );
}

function portUntruths({ containers }: Told, ports: number[]): string[] {
  const published = containers.flatMap((container) => bindingsOf(container).map(({ HostPort }) => HostPort));
  const said = published.filter((port) => ports.includes(Number(port)));
  // One that has left its last network has no ports to show, but keeps them for when it is connected again.
  const apart = containers.filter(
    ({ State, NetworkSettings }) => State.Pid > 0 && !endpointsOf({ NetworkSettings }).length,
  );
  const kept = apart.flatMap(({ HostConfig }) => Object.values(HostConfig.PortBindings ?? {}).flat());
  const held = ports.filter((port) => !isFree(port)).map(String);
  return differences(
    'port',
    held.filter((port) => said.includes(port) || !kept.some((binding) => binding?.HostPort === port)),
    said,
  );
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
