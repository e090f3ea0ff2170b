import type { PortBinding } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { parseIp, toText } from '../address/subnets.ts';

/** One line of `-p`. */
export interface PortWish {
  protocol: string;
  containerPort: number;
  /** '' is every address of the host. */
  hostIp: string;
  /** The ends of a range of host ports, of which the first free one is taken; 0 and 0 for any. */
  first: number;
  last: number;
}

/** What `-p`, `-P` and EXPOSE ask for, by container port and protocol. What makes no sense is refused. */
export function portWishes(request: {
  portBindings: Record<string, PortBinding[]>;
  exposedPorts: string[];
  publishAll: boolean;
}): PortWish[] {
  const asked = Object.entries(request.portBindings).flatMap(([key, bindings]) =>
    bindings.map((binding) => wishOf(key, binding)),
  );
  const bound = new Set(asked.map((wish) => `${wish.containerPort}/${wish.protocol}`));
  const keys = new Set([...request.exposedPorts, ...Object.keys(request.portBindings)].map(portKey));
  const open = request.publishAll ? [...keys].filter((key) => !bound.has(key)) : [];
  return [...asked, ...open.map((key) => wishOf(key, {}))].toSorted(
    (a, b) => a.containerPort - b.containerPort || a.protocol.localeCompare(b.protocol),
  );
}

/** A container's port as Docker writes it: `80` is `80/tcp`. */
export function portKey(text: string): string {
  const { port, protocol } = parsePort(text);
  return `${port}/${protocol}`;
}

function parsePort(text: string): { port: number; protocol: string } {
  const [number = '', protocol = 'tcp'] = text.toLowerCase().split('/');
  const port = portNumber(number);
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw new EngineError('invalid', `invalid proto: ${protocol}`);
  if (!(port > 0)) throw invalid(number);
  return { port, protocol };
}

function wishOf(key: string, binding: PortBinding): PortWish {
  const { port, protocol } = parsePort(key);
  const hostIp = addressOf(binding.HostIp ?? '');
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(binding.HostPort || '0') ?? [];
  const [first, last] = [portNumber(from ?? ''), portNumber(to ?? '')];
  if (!(first <= last)) throw invalid(binding.HostPort ?? '');
  return { protocol, containerPort: port, hostIp, first, last };
}

/** `[::1]` is `::1`, and one address is written in one way. */
function addressOf(text: string): string {
  if (text === '') return '';
  const ip = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  if (ip === undefined) throw new EngineError('invalid', `invalid IP address: ${text}`);
  return toText(ip);
}

function portNumber(text: string): number {
  return /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : Number.NaN;
}

const invalid = (text: string): EngineError => new EngineError('invalid', `invalid port specification: "${text}"`);
