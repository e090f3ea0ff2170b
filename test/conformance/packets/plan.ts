/** A question: `[protocol, address, port]`. */
export type Asked = [protocol: 'tcp' | 'udp', address: string, port: number];

/** Which addresses two runs on one machine have, so that they do not meet. */
const number = 20 + (process.pid % 200);

export interface Pair {
  v4: string;
  v6: string;
}

export const outside: Pair = { v4: `198.18.${number}.2`, v6: `2001:db8:${number}::2` };
const host: Pair = { v4: `198.18.${number}.1`, v6: `2001:db8:${number}::1` };

/** In every container, beside the port 80 that may be published. */
export const unpublished = 81;
/** Where the host itself answers. */
export const hostPort = 20_000 + number;

const driverOption = (name: string, value: string) => ({ [`com.docker.network.bridge.${name}`]: value });
const modes = (mode: string) => ({
  ...driverOption('gateway_mode_ipv4', mode),
  ...driverOption('gateway_mode_ipv6', mode),
});

/** By the letter of a network, what it is made with. */
const kinds: Record<string, object> = {
  /** Plain. */
  a: {},
  b: {},
  /** No ICC. */
  q: { Options: driverOption('enable_icc', 'false') },
  /** Internal. */
  i: { Internal: true },
  /** Internal, and the host is no part of it. */
  x: { Internal: true, Options: modes('isolated') },
  /** Routed. */
  r: { Options: modes('routed') },
  /** Not protected from outside. */
  u: { Options: modes('nat-unprotected') },
  /** IPv4 alone. */
  f: { EnableIPv6: false },
};

const letters = Object.keys(kinds);
const subnetOf = (letter: string): Pair => ({
  v4: `10.${number}.${letters.indexOf(letter) + 1}`,
  v6: `fd00:${number}:${letters.indexOf(letter) + 1}:`,
});
export const networkName = (letter: string): string => `packets-${letter}-${process.pid}`;

export const networks: Record<string, object> = Object.fromEntries(
  letters.map((letter) => {
    const { v4, v6 } = subnetOf(letter);
    const six = letter !== 'f';
    const Config = [{ Subnet: `${v4}.0/24` }, ...(six ? [{ Subnet: `${v6}:/64` }] : [])];
    const Name = networkName(letter);
    return [Name, { Name, EnableIPv6: six, IPAM: { Config }, ...kinds[letter] }];
  }),
);

interface Box {
  addresses: Pair;
  /** Of the host. */
  port: number;
  body(image: string): object;
}

/** Containers by their name: the letter of their network and a number; those with 1 publish their port 80. */
export const boxes: Record<string, Box> = Object.fromEntries(
  ['a1', 'a2', 'b1', 'q1', 'q2', 'i1', 'i2', 'x1', 'x2', 'r1', 'r2', 'u1', 'f1', 'l1'].map((name, index) => [
    name,
    boxOf(name, index),
  ]),
);

/** `l1` stands on the network a and is published on the host's loopback alone. */
function boxOf(name: string, index: number): Box {
  const letter = name === 'l1' ? 'a' : (name[0] as string);
  const { v4, v6 } = subnetOf(letter);
  const addresses = { v4: `${v4}.${10 + index}`, v6: letter === 'f' ? '' : `${v6}:${10 + index}` };
  const port = 21_000 + number * 20 + index;
  const at = name === 'l1' ? ['127.0.0.1', '::1'] : [''];
  const bindings = at.map((HostIp) => ({ HostIp, HostPort: String(port) }));
  const IPAMConfig = { IPv4Address: addresses.v4, ...(addresses.v6 && { IPv6Address: addresses.v6 }) };
  const body = (Image: string) => ({
    Image,
    Cmd: ['sleep', '3600'],
    ExposedPorts: { '80/tcp': {}, '80/udp': {} },
    HostConfig: {
      NetworkMode: networkName(letter),
      ...(name.endsWith('1') && { PortBindings: { '80/tcp': bindings, '80/udp': bindings } }),
    },
    NetworkingConfig: { EndpointsConfig: { [networkName(letter)]: { IPAMConfig } } },
  });
  return { addresses, port, body };
}

const gateways = Object.fromEntries(
  letters.map((letter) => {
    const { v4, v6 } = subnetOf(letter);
    return [`gateway of ${letter}`, { v4: `${v4}.1`, v6: `${v6}:1` }];
  }),
);

/** Every address of the plan by its name. */
export const addressesOf: { host: Pair } & Record<string, Pair> = {
  host,
  outside,
  localhost: { v4: '127.0.0.1', v6: '::1' },
  ...gateways,
  ...Object.fromEntries(Object.entries(boxes).map(([name, { addresses }]) => [name, addresses])),
};

/** Where from questions are asked. */
export const sources = ['a1', 'a2', 'b1', 'q1', 'q2', 'i2', 'x2', 'r2', 'f1', 'host', 'outside'];

/** What is asked from there, by a name that tells: `a1`, `a1:81`, `published a1 at host`. */
export function placesFor(from: string): Record<string, { at: Pair; port: number }> {
  const containers = Object.entries(boxes).flatMap(([name, { addresses }]) => [
    [name, { at: addresses, port: 80 }] as const,
    [`${name}:${unpublished}`, { at: addresses, port: unpublished }] as const,
  ]);
  const published = Object.entries(boxes).filter(([name]) => name.endsWith('1'));
  const doors = ['host', ...(boxes[from] ? [`gateway of ${from[0]}`] : []), ...(from === 'host' ? ['localhost'] : [])];
  const ports = doors.flatMap((door) =>
    published.map(
      ([name, { port }]) => [`published ${name} at ${door}`, { at: addressesOf[door] as Pair, port }] as const,
    ),
  );
  const others = [
    ['outside', { at: outside, port: 80 }] as const,
    ...doors.map((door) => [`the host itself at ${door}`, { at: addressesOf[door] as Pair, port: hostPort }] as const),
  ];
  return Object.fromEntries([...containers, ...ports, ...others]);
}
