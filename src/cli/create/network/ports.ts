import type { PortBinding } from '../../../api/index.ts';
import { isIP } from './address.ts';

/** The ports of a create request. */
export interface Ports {
  exposed: Record<string, object>;
  bindings: Record<string, PortBinding[]>;
}

interface Range {
  first: number;
  last: number;
}

/** Reads `-p` (`[[ip:][host[-host]]:]container[-container][/proto]`, or `target=80,published=8080`) and `--expose`. */
export function parsePorts(published: string[], exposed: string[]): Ports {
  const ports: Ports = { exposed: {}, bindings: {} };
  for (const spec of published) publish(ports, spec.includes('=') ? longForm(spec) : spec);
  for (const spec of exposed) expose(ports, spec);
  return ports;
}

function publish(ports: Ports, spec: string): void {
  const { ip, host, container, protocol } = splitSpec(spec);
  if (container === '') throw new Error(`no port specified: ${spec}<empty>`);
  const inside = parseRange(container);
  if (!inside) throw new Error(`invalid containerPort: ${container}`);
  const outside = host === '' ? undefined : parseRange(host);
  if (host !== '' && !outside) throw new Error(`invalid hostPort: ${host}`);
  if (outside && outside.last - outside.first !== inside.last - inside.first && inside.first !== inside.last) {
    throw new Error(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  }
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw new Error(`invalid proto: ${protocol}`);
  for (let port = inside.first; port <= inside.last; port++) {
    const key = `${port}/${protocol.toLowerCase()}`;
    ports.exposed[key] = {};
    ports.bindings[key] = [
      ...(ports.bindings[key] ?? []),
      { HostIp: ip, HostPort: hostPort(outside, inside, port) } as PortBinding,
    ];
  }
}

/** One container port may take any of a range of host ports; ranges of equal length go side by side. */
function hostPort(outside: Range | undefined, inside: Range, port: number): string {
  if (!outside) return '';
  if (inside.first === inside.last && outside.first !== outside.last) return `${outside.first}-${outside.last}`;
  return String(outside.first + port - inside.first);
}

function splitSpec(spec: string): { ip: string; host: string; container: string; protocol: string } {
  const slash = spec.indexOf('/');
  const protocol = slash < 0 ? 'tcp' : spec.slice(slash + 1) || 'tcp';
  const parts = (slash < 0 ? spec : spec.slice(0, slash)).split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  const ip = parts.join(':').replace(/^\[|\]$/g, '');
  if (ip !== '' && isIP(ip) === 0) throw new Error(`invalid IP address: ${ip}`);
  return { ip, host, container, protocol };
}

function expose(ports: Ports, spec: string): void {
  if (spec.includes(':')) throw new Error(`invalid port format for --expose: ${spec}`);
  const [range = '', protocol = 'tcp'] = spec.split('/');
  const parsed = parseRange(range);
  if (!parsed) throw new Error(`invalid range format for --expose: ${spec}, error: ${rangeFault(range)}`);
  for (let port = parsed.first; port <= parsed.last; port++) ports.exposed[`${port}/${protocol.toLowerCase()}`] ??= {};
}

function rangeFault(range: string): string {
  if (range === '') return 'empty string specified for ports';
  const word = range.split('-').find((part) => !/^\d+$/.test(part)) ?? range;
  return `strconv.ParseUint: parsing ${JSON.stringify(word)}: invalid syntax`;
}

function parseRange(text: string): Range | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first <= last && last <= 65535 ? { first, last } : undefined;
}

/** `target=80,published=8080,protocol=tcp` in the short form; other words in it say nothing, as in Docker. */
function longForm(spec: string): string {
  const fields = new Map([['protocol', 'tcp']]);
  for (const field of spec.split(',')) {
    const equals = field.indexOf('=');
    if (equals <= 0) throw new Error(`invalid publish opts format (should be name=value but got '${field}')`);
    fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  const { published = '', target = '', protocol } = Object.fromEntries(fields);
  return `${published}:${target}/${protocol}`;
}
