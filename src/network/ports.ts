import type { PortBinding } from '../api/index.ts';
import { SystemError, syscall, trySyscall } from '../host/index.ts';
import { EngineError } from '../kit/index.ts';
import { isIpv4 } from './subnets.ts';

/** One port of a container that the host's ports lead to. */
export interface PublishedPort {
  protocol: string;
  containerPort: number;
  /** As it was asked for; '' is every address. */
  hostIp: string;
  hostPort: number;
}

/** The host's ports that this engine's containers have, each reserved by a bound socket. */
export interface Ports {
  /**
   * Reserves what the wishes ask for, all or nothing; `sockets` belong to the caller. Refusals are in Docker's words, without
   * the endpoint in front.
   */
  reserve(containerId: string, containerIp: string, wishes: PortWish[]): { ports: PublishedPort[]; sockets: number[] };
  /** Takes over what a container of an earlier engine's life has; its shim holds the sockets. */
  claim(containerId: string, ports: PublishedPort[]): void;
  giveBack(containerId: string): void;
}

export interface PortWish {
  protocol: string;
  containerPort: number;
  hostIp: string;
  /** Equal ends for a certain port, 0 to 0 for any. */
  first: number;
  last: number;
}

const anyAddress = '0.0.0.0';
const addressOf = (ip: string): string => ip || anyAddress;

/** `ephemeral` are the ends of the range that free ports are taken from, one after another. */
export function createPorts(ephemeral: () => [first: number, last: number]): Ports {
  const taken = new Map<string, PublishedPort[]>();
  const lastGiven = new Map<string, number>();

  const conflict = (protocol: string, ip: string, port: number): PublishedPort | undefined => {
    const address = addressOf(ip);
    for (const ports of taken.values()) {
      for (const other of ports) {
        if (other.protocol !== protocol || other.hostPort !== port) continue;
        const theirs = addressOf(other.hostIp);
        if (address === anyAddress || theirs === anyAddress || address === theirs) return other;
      }
    }
    return undefined;
  };

  function* candidates(wish: PortWish): Iterable<number> {
    if (wish.first !== 0) {
      for (let port = wish.first; port <= wish.last; port++) yield port;
      return;
    }
    const [first, last] = ephemeral();
    const before = lastGiven.get(wish.protocol) ?? last;
    for (let step = 1; step <= last - first + 1; step++) yield first + ((before - first + step) % (last - first + 1));
  }

  const reserveOne = (containerIp: string, wish: PortWish): { port: PublishedPort; socket: number } => {
    let refusal: EngineError | undefined;
    for (const hostPort of candidates(wish)) {
      const other = conflict(wish.protocol, wish.hostIp, hostPort);
      if (other) {
        refusal ??= allocated(wish, other);
        continue;
      }
      const socket = bindPort(wish.protocol, addressOf(wish.hostIp), hostPort);
      if (socket >= 0) {
        if (wish.first === 0) lastGiven.set(wish.protocol, hostPort);
        const { protocol, containerPort, hostIp } = wish;
        return { port: { protocol, containerPort, hostIp, hostPort }, socket };
      }
      const error = bindRefused(wish, hostPort, containerIp, -socket);
      if (-socket !== addressInUse) throw error;
      refusal = error;
    }
    throw refusal ?? new EngineError('internal', 'all ports are allocated');
  };

  return {
    reserve(containerId, containerIp, wishes) {
      const ports: PublishedPort[] = [];
      const sockets: number[] = [];
      taken.set(containerId, ports);
      try {
        for (const wish of wishes) {
          const { port, socket } = reserveOne(containerIp, wish);
          ports.push(port);
          sockets.push(socket);
        }
      } catch (error) {
        for (const socket of sockets) syscall('close', socket);
        taken.delete(containerId);
        throw error;
      }
      return { ports: [...ports], sockets };
    },
    claim(containerId, ports) {
      taken.set(containerId, ports);
    },
    giveBack(containerId) {
      taken.delete(containerId);
    },
  };
}

function allocated(wish: PortWish, other: PublishedPort): EngineError {
  if (wish.first !== wish.last) return new EngineError('internal', 'all ports are allocated');
  const text = `Bind for ${addressOf(other.hostIp)}:${other.hostPort} failed: port is already allocated`;
  return new EngineError('internal', text);
}

const addressInUse = 98;
const words: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  EPROTONOSUPPORT: 'protocol not supported',
  EMFILE: 'too many open files',
};

function bindRefused(wish: PortWish, hostPort: number, containerIp: string, errno: number): EngineError {
  const cause = new SystemError('bind', errno);
  const end = `${containerIp}:${wish.containerPort}/${wish.protocol}: ${words[cause.code] ?? cause.code}`;
  const text = `failed to bind host port for ${addressOf(wish.hostIp)}:${hostPort}:${end}`;
  return new EngineError('internal', text, cause);
}

const kinds: Record<string, [type: number, protocol: number]> = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] };
const inet = 2;
const closeOnExec = 0x80000;
const solSocket = 1;
const reuseAddress = 2;

/** A bound socket, or the negated errno. It never listens: where our translation does not reach, a client is refused. */
function bindPort(protocol: string, ip: string, port: number): number {
  const [type, number] = kinds[protocol] ?? [0, 0];
  const fd = trySyscall('socket', inet, type | closeOnExec, number);
  if (fd < 0) return fd;
  const address = Buffer.alloc(16);
  address.writeUInt16LE(inet, 0);
  address.writeUInt16BE(port, 2);
  address.set(ip.split('.').map(Number), 4);
  let result = trySyscall('bind', fd, address, 16);
  // Connections in TIME_WAIT do not hold a port; a server does, also when both ask for reuse, as it would by our flag alone.
  if (result === -addressInUse && protocol === 'tcp') result = bindBesideTimeWait(fd, address);
  if (result === 0) return fd;
  trySyscall('close', fd);
  return result;
}

function bindBesideTimeWait(fd: number, address: Buffer): number {
  const flag = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);
  trySyscall('setsockopt', fd, solSocket, reuseAddress, flag(1), 4);
  const result = trySyscall('bind', fd, address, 16);
  trySyscall('setsockopt', fd, solSocket, reuseAddress, flag(0), 4);
  return result;
}

/** What `-p`, `-P` and EXPOSE ask for, by protocol and container port as Docker goes through them. */
export function portWishes(request: {
  portBindings: Record<string, PortBinding[]>;
  exposedPorts: string[];
  publishAll: boolean;
}): PortWish[] {
  const asked = Object.entries(request.portBindings).flatMap(([key, bindings]) =>
    (bindings ?? []).map((binding) => wishOf(key, binding)),
  );
  const bound = new Set(asked.map((wish) => `${wish.containerPort}/${wish.protocol}`));
  const open = request.publishAll ? request.exposedPorts.filter((key) => !bound.has(normal(key))) : [];
  return [...asked, ...open.map((key) => wishOf(key, {}))].toSorted(
    (a, b) => a.containerPort - b.containerPort || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0),
  );
}

/** `80` is `80/tcp`. */
export function normal(key: string): string {
  const { port, protocol } = parsePort(key);
  return `${port}/${protocol}`;
}

function parsePort(key: string): { port: number; protocol: string } {
  const [number = '', protocol = 'tcp'] = key.toLowerCase().split('/');
  const port = portNumber(number);
  if (!Object.hasOwn(kinds, protocol)) throw new EngineError('invalid', `invalid proto: ${protocol}`);
  if (!(port > 0)) throw new EngineError('invalid', `invalid port specification: "${key}"`);
  return { port, protocol };
}

function portNumber(text: string): number {
  return /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : Number.NaN;
}

function wishOf(key: string, binding: PortBinding): PortWish {
  const { port, protocol } = parsePort(key);
  const hostIp = binding.HostIp ?? '';
  if (hostIp !== '' && !isIpv4(hostIp)) {
    throw new EngineError('unsupported', `cannot publish ${key} on ${hostIp}: only IPv4 addresses can be published on`);
  }
  const [from = '', to = from] = (binding.HostPort ?? '').split('-');
  const first = from === '' ? 0 : portNumber(from);
  const last = to === '' ? first : portNumber(to);
  if (Number.isNaN(first) || Number.isNaN(last) || last < first) {
    throw new EngineError('invalid', `invalid port specification: "${binding.HostPort}"`);
  }
  return { protocol, containerPort: port, hostIp, first, last };
}
