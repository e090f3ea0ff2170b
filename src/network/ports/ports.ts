import { SystemError } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { holderOf } from './holder.ts';
import { addressInUse, bindPort, closeSockets } from './port-socket.ts';
import type { PortWish } from './port-wishes.ts';

/** One port of a container that a port of the host leads to. */
export interface PublishedPort {
  protocol: string;
  containerPort: number;
  /** As it was asked for; '' is every address of the family. */
  hostIp: string;
  /** 0 on a routed network, where the container's own port is reached. */
  hostPort: number;
  /** Of the host's address; 4 where it is not said. */
  family?: 4 | 6;
  /** By which the container's shim knows the socket that reserves it. */
  handle?: number;
}

/** Where a container's ports are, by the family of the host's address; a family without one is not published. */
export interface Targets {
  v4?: Target;
  v6?: Target;
  /** What comes by IPv6 to a container that has none is passed on to its IPv4 address. */
  relays: boolean;
}

/** Ports that were reserved, and the sockets of those that are bound, in the same order. */
export interface Reserved {
  ports: PublishedPort[];
  sockets: { fd: number; port: PublishedPort }[];
}

export interface Target {
  ip: string;
  routed: boolean;
}

/** The host's ports that this engine's containers have, each reserved by a bound socket. */
export interface Ports {
  /** Reserves all that is wished for beside what the owner has, or throws in Docker's words; the sockets are then the caller's. */
  reserve(owner: { id: string; name: string }, targets: Targets, wishes: PortWish[]): Reserved;
  /** Takes over what a container of an earlier engine's life has; its shim holds the sockets. */
  claim(owner: { id: string; name: string }, ports: PublishedPort[]): void;
  giveBack(containerId: string): void;
}

const everywhere = (family: 4 | 6): string => (family === 4 ? '0.0.0.0' : '::');
const addressOf = ({ hostIp, family = 4 }: Bind): string => hostIp || everywhere(family);

/** A port of the host as it is looked for. */
interface Bind {
  protocol: string;
  hostIp: string;
  family?: 4 | 6;
}

interface Owned {
  name: string;
  ports: PublishedPort[];
}

/** `ephemeral` tells the ends of the range that ports are taken from, one after another, where any will do. */
export function createPorts(ephemeral: () => [first: number, last: number]): Ports {
  const taken = new Map<string, Owned>();
  const lastGiven = new Map<string, number>();

  /** All families of one wish get the same port. */
  const reserveOne = (targets: Targets, wish: PortWish): Reserved => {
    const binds = bindsOf(wish, targets);
    const { protocol, containerPort } = wish;
    const port = ({ hostIp, family = 4 }: Bind, hostPort: number): PublishedPort => ({
      protocol,
      containerPort,
      hostIp,
      hostPort,
      ...(family === 6 && { family }),
    });
    const routed = binds.filter(({ family }) => targetOf(targets, family)?.routed).map((bind) => port(bind, 0));
    const bound = binds.filter(({ family }) => !targetOf(targets, family)?.routed);
    if (bound.length === 0) return { ports: routed, sockets: [] };
    let refusal: EngineError | undefined;
    for (const hostPort of candidates(wish, ephemeral, lastGiven)) {
      const found = bindAll(taken, wish, bound, { hostPort, targets });
      if (!('refusal' in found)) {
        if (wish.first === 0) lastGiven.set(protocol, hostPort);
        const ports = bound.map((bind) => port(bind, hostPort));
        const sockets = found.sockets.map((fd, index) => ({ fd, port: ports[index] as PublishedPort }));
        return { ports: [...ports, ...routed], sockets };
      }
      refusal ??= found.refusal;
      if (found.isFinal) throw found.refusal;
    }
    throw refusal ?? new EngineError('internal', 'all ports are allocated');
  };

  return {
    reserve({ id, name }, targets, wishes) {
      const before = taken.get(id);
      const ports: PublishedPort[] = [];
      const sockets: Reserved['sockets'] = [];
      const all = [...(before?.ports ?? [])];
      taken.set(id, { name, ports: all });
      try {
        for (const wish of wishes) {
          const found = reserveOne(targets, wish);
          ports.push(...found.ports);
          all.push(...found.ports);
          sockets.push(...found.sockets);
        }
      } catch (error) {
        closeSockets(sockets.map(({ fd }) => fd));
        if (before) taken.set(id, before);
        else taken.delete(id);
        throw error;
      }
      return { ports, sockets };
    },
    claim({ id, name }, ports) {
      taken.set(id, { name, ports });
    },
    giveBack(containerId) {
      taken.delete(containerId);
    },
  };
}

const targetOf = ({ v4, v6, relays }: Targets, family: 4 | 6 = 4): Target | undefined =>
  family === 4 ? v4 : (v6 ?? (relays && !v4?.routed ? v4 : undefined));

/** A wish for every address is one for each family that leads somewhere. */
function bindsOf(wish: PortWish, targets: Targets): Bind[] {
  const { protocol, hostIp } = wish;
  const families = hostIp === '' ? ([4, 6] as const) : [hostIp.includes(':') ? (6 as const) : (4 as const)];
  const binds = families.filter((family) => targetOf(targets, family)).map((family) => ({ protocol, hostIp, family }));
  if (binds.length > 0) return binds;
  throw new EngineError('internal', `cannot publish port ${wish.containerPort} on ${hostIp}: no address of its kind`);
}

type Found = { sockets: number[] } | { refusal: EngineError; isFinal: boolean };

function bindAll(
  taken: Map<string, Owned>,
  wish: PortWish,
  binds: Bind[],
  { hostPort, targets }: { hostPort: number; targets: Targets },
): Found {
  const sockets: number[] = [];
  for (const bind of binds) {
    const other = conflict(taken, bind, hostPort);
    const socket = other ? -addressInUse : bindPort(bind.protocol, addressOf(bind), hostPort);
    if (socket >= 0) {
      sockets.push(socket);
      continue;
    }
    closeSockets(sockets);
    const refusal = other
      ? allocated(wish, other)
      : refused(wish, bind, { hostPort, target: targetOf(targets, bind.family), errno: -socket });
    return { refusal, isFinal: socket !== -addressInUse };
  }
  return { sockets };
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

interface Conflict {
  name: string;
  port: PublishedPort;
}

/** A port on every address clashes with the same port on any. */
function conflict(taken: Map<string, Owned>, bind: Bind, hostPort: number): Conflict | undefined {
  const ip = addressOf(bind);
  const any = everywhere(bind.family ?? 4);
  for (const { name, ports } of taken.values()) {
    for (const port of ports) {
      if (port.protocol !== bind.protocol || port.hostPort !== hostPort) continue;
      if ((port.family ?? 4) !== (bind.family ?? 4)) continue;
      const theirs = addressOf(port);
      if (ip === theirs || ip === any || theirs === any) return { name, port };
    }
  }
  return undefined;
}

function allocated(wish: PortWish, { name, port }: Conflict): EngineError {
  if (wish.first === 0 || wish.first !== wish.last) return new EngineError('internal', 'all ports are allocated');
  const text = `Bind for ${addressOf(port)}:${port.hostPort} failed: port is already allocated`;
  return new EngineError('internal', name === '' ? text : `${text} (by container ${name})`);
}

const words: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  EPROTONOSUPPORT: 'protocol not supported',
  EMFILE: 'too many open files',
};

function refused(
  wish: PortWish,
  bind: Bind,
  { hostPort, target, errno }: { hostPort: number; target: Target | undefined; errno: number },
): EngineError {
  const cause = new SystemError('bind', errno);
  const ip = addressOf(bind);
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const container = target?.ip.includes(':') ? `[${target.ip}]` : target?.ip;
  const holder = errno === addressInUse ? holderOf(bind.protocol, hostPort) : undefined;
  const end = `${words[cause.code] ?? cause.code}${holder === undefined ? '' : ` (by ${holder})`}`;
  // Docker leaves the port of this protocol to its proxy.
  const what =
    wish.protocol === 'sctp'
      ? `error starting userland proxy: failed to listen on ${host}:${hostPort}`
      : `failed to bind host port for ${host}:${hostPort}:${container}:${wish.containerPort}/${wish.protocol}`;
  return new EngineError('internal', `${what}: ${end}`, cause);
}
