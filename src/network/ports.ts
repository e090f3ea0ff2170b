import { SystemError } from '../host/index.ts';
import { EngineError } from '../kit/index.ts';
import { addressInUse, bindPort, closeSockets } from './port-socket.ts';
import type { PortWish } from './port-wishes.ts';

/** One port of a container that a port of the host leads to. */
export interface PublishedPort {
  protocol: string;
  containerPort: number;
  /** As it was asked for; '' is every address. */
  hostIp: string;
  hostPort: number;
}

/** The host's ports that this engine's containers have, each reserved by a bound socket. */
export interface Ports {
  /** Reserves all that is wished for, or throws in Docker's words; the sockets are then the caller's. */
  reserve(containerId: string, containerIp: string, wishes: PortWish[]): { ports: PublishedPort[]; sockets: number[] };
  /** Takes over what a container of an earlier engine's life has; its shim holds the sockets. */
  claim(containerId: string, ports: PublishedPort[]): void;
  giveBack(containerId: string): void;
}

const anyAddress = '0.0.0.0';
const addressOf = (ip: string): string => ip || anyAddress;

/** `ephemeral` tells the ends of the range that ports are taken from, one after another, where any will do. */
export function createPorts(ephemeral: () => [first: number, last: number]): Ports {
  const taken = new Map<string, PublishedPort[]>();
  const lastGiven = new Map<string, number>();

  const reserveOne = (containerIp: string, wish: PortWish): { port: PublishedPort; socket: number } => {
    let refusal: EngineError | undefined;
    for (const hostPort of candidates(wish, ephemeral, lastGiven)) {
      const other = conflict(taken, wish, hostPort);
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
      refusal = refused(wish, hostPort, containerIp, -socket);
      if (socket !== -addressInUse) break;
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
        closeSockets(sockets);
        taken.delete(containerId);
        throw error;
      }
      return { ports, sockets };
    },
    claim(containerId, ports) {
      taken.set(containerId, ports);
    },
    giveBack(containerId) {
      taken.delete(containerId);
    },
  };
}

function* candidates(
  wish: PortWish,
  ephemeral: () => [first: number, last: number],
  lastGiven: Map<string, number>,
): Iterable<number> {
  if (wish.first !== 0) {
    for (let port = wish.first; port <= wish.last; port++) yield port;
    return;
  }
  const [first, last] = ephemeral();
  const count = last - first + 1;
  const next = (lastGiven.get(wish.protocol) ?? last) + 1 - first;
  for (let step = 0; step < count; step++) yield first + ((next + step) % count);
}

/** A port on every address clashes with the same port on any. */
function conflict(taken: Map<string, PublishedPort[]>, wish: PortWish, port: number): PublishedPort | undefined {
  const ip = addressOf(wish.hostIp);
  for (const ports of taken.values()) {
    for (const other of ports) {
      if (other.protocol !== wish.protocol || other.hostPort !== port) continue;
      const theirs = addressOf(other.hostIp);
      if (ip === theirs || ip === anyAddress || theirs === anyAddress) return other;
    }
  }
  return undefined;
}

function allocated(wish: PortWish, other: PublishedPort): EngineError {
  if (wish.first === 0 || wish.first !== wish.last) return new EngineError('internal', 'all ports are allocated');
  const text = `Bind for ${addressOf(other.hostIp)}:${other.hostPort} failed: port is already allocated`;
  return new EngineError('internal', text);
}

const words: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  EPROTONOSUPPORT: 'protocol not supported',
  EMFILE: 'too many open files',
};

function refused(wish: PortWish, hostPort: number, containerIp: string, errno: number): EngineError {
  const cause = new SystemError('bind', errno);
  const end = `${containerIp}:${wish.containerPort}/${wish.protocol}: ${words[cause.code] ?? cause.code}`;
  return new EngineError(
    'internal',
    `failed to bind host port for ${addressOf(wish.hostIp)}:${hostPort}:${end}`,
    cause,
  );
}
