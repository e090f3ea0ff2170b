import { EngineError } from '../../kit/index.ts';
import type { ContainerRow } from '../row.ts';

/** Whether a container publishes or exposes one of the ports: `80`, `80/udp`, `8000-8010/tcp`. */
export function portTest(filter: 'publish' | 'expose', values: string[]): (row: ContainerRow) => boolean {
  const wanted = new Set(values.flatMap((value) => expand(filter, value)));
  return (row) => portsOf(filter, row).some((port) => wanted.has(port));
}

function expand(filter: string, text: string): string[] {
  const [range = '', protocol = 'tcp'] = text.split('/');
  const [first = '', last = first] = range.split('-');
  const ports = [first, last].map((port) => parsePort(filter, text, port));
  const [from = 0, to = 0] = ports;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `${from + index}/${protocol}`);
}

function parsePort(filter: string, whole: string, text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  throw new EngineError(
    'internal',
    `error while looking up for ${filter} ${whole}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
  );
}

function portsOf(filter: 'publish' | 'expose', row: ContainerRow): string[] {
  if (filter === 'expose') return Object.keys(row.config.ExposedPorts ?? {}).map(withProtocol);
  return Object.entries(row.ports).flatMap(([port, bindings]) => {
    const [, protocol = 'tcp'] = port.split('/');
    return (bindings ?? []).map(({ HostPort }) => `${HostPort}/${protocol}`);
  });
}

const withProtocol = (port: string): string => (port.includes('/') ? port : `${port}/tcp`);
