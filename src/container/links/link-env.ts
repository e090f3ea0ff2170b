import { nameOf } from '../spec/merge.ts';

/** What a container is told of another one that it is linked to. */
export interface LinkedChild {
  /** `/parent/alias`. */
  name: string;
  address: string;
  /** `80/tcp`, as the child's image and options expose them. */
  ports: string[];
  env: string[];
}

interface Port {
  number: number;
  protocol: string;
}

/** The variables of one link, in Docker's order: ports, TCP before UDP, with ranges; the name; the child's own variables. */
export function linkEnv({ name, address, ports, env }: LinkedChild): string[] {
  const alias = name
    .slice(name.lastIndexOf('/') + 1)
    .toUpperCase()
    .replaceAll('-', '_');
  const sorted = ports.map(parsePort).toSorted(byProtocolAndNumber);
  const [first] = sorted;
  return [
    ...(first ? [`${alias}_PORT=${urlOf(first, address)}`] : []),
    ...rangesOf(sorted).flatMap((range) => portVariables(alias, address, range)),
    `${alias}_NAME=${name}`,
    ...env
      .filter((entry) => entry.includes('=') && !['HOME', 'PATH'].includes(nameOf(entry)))
      .map((entry) => `${alias}_ENV_${entry}`),
  ];
}

function parsePort(text: string): Port {
  const [number = '', protocol = 'tcp'] = text.split('/');
  return { number: Number(number), protocol };
}

function byProtocolAndNumber(one: Port, other: Port): number {
  if (one.protocol === other.protocol) return one.number - other.number;
  return one.protocol === 'tcp' ? -1 : other.protocol === 'tcp' ? 1 : one.protocol < other.protocol ? -1 : 1;
}

/** Ports one after another, of one protocol, belong together. */
function rangesOf(ports: Port[]): Port[][] {
  const ranges: Port[][] = [];
  for (const port of ports) {
    const last = ranges.at(-1);
    const before = last?.at(-1);
    if (last && before?.protocol === port.protocol && before.number + 1 === port.number) last.push(port);
    else ranges.push([port]);
  }
  return ranges;
}

function portVariables(alias: string, address: string, range: Port[]): string[] {
  const each = range.flatMap((port) => {
    const prefix = prefixOf(alias, port);
    return [
      `${prefix}=${urlOf(port, address)}`,
      `${prefix}_ADDR=${address}`,
      `${prefix}_PORT=${port.number}`,
      `${prefix}_PROTO=${port.protocol}`,
    ];
  });
  const [first, last] = [range[0], range.at(-1)];
  if (!first || !last || first === last) return each;
  const prefix = prefixOf(alias, first);
  return [
    ...each,
    `${prefix}_START=${urlOf(first, address)}`,
    `${prefix}_PORT_START=${first.number}`,
    `${prefix}_END=${urlOf(last, address)}`,
    `${prefix}_PORT_END=${last.number}`,
  ];
}

const prefixOf = (alias: string, { number, protocol }: Port): string =>
  `${alias}_PORT_${number}_${protocol.toUpperCase()}`;

const urlOf = ({ number, protocol }: Port, address: string): string => `${protocol}://${address}:${number}`;
