import { existsSync, readFileSync } from 'node:fs';
import { nfnetlink, rtnetlink } from '../../host/index.ts';
import type { Diagnosis, DiagnosisStep } from '../contract.ts';
import { tableOf } from '../firewall/ruleset.ts';
import type { Line } from '../macvlan/line.ts';
import type { PublishedPort } from '../ports/ports.ts';
import type { Endpoint, Place } from '../records/place.ts';
import { publicationsOf, type State } from '../state.ts';

const step = (ok: boolean, text: string): DiagnosisStep => ({ ok, text });

function finished(steps: DiagnosisStep[]): Diagnosis {
  return { reachable: steps.every(({ ok }) => ok), steps };
}

const networksOf = ({ endpoints }: Place): string => endpoints.map(({ network }) => network).join(', ') || 'none';

/** Why packets of one container would reach another, or not. */
export function betweenContainers(state: State, fromId: string, toId: string): Diagnosis {
  const [from, to] = [state.places.get(fromId), state.places.get(toId)];
  if (!from || !to)
    return finished([step(false, `${from ? 'the second' : 'the first'} container has no network: it does not run`)]);
  const shared = from.endpoints.filter(({ networkId }) => to.endpoints.some((other) => other.networkId === networkId));
  const where = step(
    shared.length > 0,
    `${from.name} is on ${networksOf(from)}; ${to.name} is on ${networksOf(to)}: ${shared.length > 0 ? `both are on ${shared.map(({ network }) => network).join(', ')}` : 'they share no network, and networks are kept apart'}`,
  );
  if (shared.length === 0) return finished([where, ...detours(to)]);
  const [first] = shared;
  const target = to.endpoints.find(({ networkId }) => networkId === first?.networkId);
  if (!first || !target) return finished([where]);
  return finished([
    where,
    ...addressSteps(to, target),
    ...linkSteps(state, from, first),
    ...linkSteps(state, to, target),
    iccStep(state, first),
    ...hostSteps(state),
  ]);
}

/** What is published can be reached from everywhere that has a way to the host. */
function detours({ name, ports }: Place): DiagnosisStep[] {
  if (ports.length === 0) return [step(false, `${name} has published no port that could be used instead`)];
  const list = ports.map(({ hostPort, containerPort, protocol }) => `${hostPort} for ${containerPort}/${protocol}`);
  return [step(true, `ports of the host lead to ${name}: ${[...new Set(list)].join(', ')}`)];
}

function addressSteps({ name }: Place, { network, link, names }: Endpoint): DiagnosisStep[] {
  const addresses = [link?.v4?.address, link?.v6?.address].filter(Boolean).join(', ');
  return [
    step(addresses !== '', `on ${network}, ${name} has ${addresses || 'no address'}`),
    step(true, `its names there: ${(names ?? [name]).join(', ')}`),
  ];
}

function linkSteps(state: State, { name }: Place, { networkId, link }: Endpoint): DiagnosisStep[] {
  const line = state.lines.get(networkId);
  if (line && link) return [besideStep(state, line, `${name}’s ${link.ifName}`)];
  const wire = state.wires.get(networkId);
  if (!wire || !link) return [step(false, `${name} has no interface there`)];
  const found = rtnetlink.links(state.route).find(({ index }) => index === link.index);
  if (!found) return [step(false, `the host’s side of ${name}’s ${link.ifName} (${link.veth}) is gone`)];
  const joined = found.master === wire.index;
  return [
    step(
      joined,
      `${link.veth}, the host’s side of ${name}’s ${link.ifName}, is ${joined ? '' : 'not '}on the bridge ${wire.name}`,
    ),
    step(found.up, `${link.veth} is ${found.up ? 'up' : 'down'}`),
  ];
}

/** Nothing of the host's own is between such containers but the interface they stand on. */
function besideStep(state: State, { driver, parent, options }: Line, what: string): DiagnosisStep {
  const found = rtnetlink.links(state.route).find(({ index }) => index === parent.index);
  const mode = `${driver} (${options.mode})`;
  if (!found) return step(false, `${what} stands on ${parent.name}, which is gone`);
  return step(found.up, `${what} is a ${mode} of the host’s ${parent.name}, which is ${found.up ? 'up' : 'down'}`);
}

function iccStep(state: State, { networkId, network }: Endpoint): DiagnosisStep {
  const line = state.lines.get(networkId);
  if (line) {
    const apart = line.options.mode === 'private';
    return step(!apart, `containers on ${network} ${apart ? 'are kept from' : 'may talk to'} each other`);
  }
  const icc = state.wires.get(networkId)?.options.icc ?? false;
  return step(
    icc,
    icc
      ? `containers on ${network} may talk to each other`
      : `${network} was made with enable_icc=false: only published ports can be reached`,
  );
}

/** What leads from a port of the host to a container; `listening` says whether a program is there. */
export function toPort(
  state: State,
  port: number,
  listening: (containerId: string, port: PublishedPort) => boolean,
): Diagnosis {
  const found = [...state.places.values()].flatMap((place) =>
    place.ports.filter(({ hostPort }) => hostPort === port).map((published) => ({ place, published })),
  );
  const [first] = found;
  if (!first) return finished([step(false, `no container of this engine has published port ${port}`)]);
  return finished([
    ...found.flatMap(({ place, published }) => portSteps(state, place, published, listening)),
    ...hostSteps(state),
  ]);
}

function portSteps(
  state: State,
  place: Place,
  published: PublishedPort,
  listening: (containerId: string, port: PublishedPort) => boolean,
): DiagnosisStep[] {
  const { hostIp, hostPort, containerPort, protocol, family } = published;
  const at = hostIp || (family === 6 ? '[::]' : '0.0.0.0');
  const [publication] = publicationsOf(state, { ...place, ports: [published] });
  const onlyLocal = hostIp.startsWith('127.') || hostIp === '::1';
  const serves = listening(place.containerId, published);
  return [
    step(
      true,
      `${at}:${hostPort} is port ${containerPort}/${protocol} of ${place.name}${onlyLocal ? ', for programs on this host only' : ''}`,
    ),
    publication
      ? step(true, `the firewall sends it to ${publication.containerIp}`)
      : step(true, 'it is passed on by the container’s monitor: the container has no IPv6 address'),
    step(serves, `${serves ? 'a program listens' : 'no program listens'} at port ${containerPort} in ${place.name}`),
  ];
}

/** What the host itself does with packets that are passed on. */
function hostSteps(state: State): DiagnosisStep[] {
  const table = tableOf(state.options.bridge);
  const chains = nfnetlink.chains(state.netfilter);
  const present = chains.some(({ family, table: name }) => family === table.family && name === table.name);
  const forwarding = read('/proc/sys/net/ipv4/ip_forward') === '1';
  const dropping = chains.filter(({ hook, policy, table: name }) => hook === 2 && policy === 0 && name !== table.name);
  const own = present ? nfnetlink.rules(state.netfilter, table, 'TUG-USER').length : 0;
  return [
    step(forwarding, `the host ${forwarding ? 'passes packets on' : 'passes no packets on: net.ipv4.ip_forward is 0'}`),
    step(present, `the firewall’s table ${table.name} is ${present ? 'in place' : 'gone'}`),
    ...dropping.map(({ table: name, name: chain }) =>
      step(
        true,
        `the host’s chain ${name} ${chain} drops what none of its rules accepts${state.options.strict ? ', and the engine adds no rule (firewall: strict)' : ''}`,
      ),
    ),
    ...(own > 0 ? [step(true, `the administrator has ${own} rules in TUG-USER that are asked first`)] : []),
  ];
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
