import type { Images } from '../image/index.ts';
import { createLocks, type Locks, type Log, type Tracer } from '../kit/index.ts';
import type { Logs } from '../logs/index.ts';
import type { Networks } from '../network/index.ts';
import type { SpecIdMapping } from '../oci/index.ts';
import type { Process, Runtime } from '../runtime/index.ts';
import type { Snapshots } from '../snapshot/index.ts';
import type { Store } from '../store/index.ts';
import type { Volumes } from '../volume/index.ts';
import { createLobby, type Lobby } from './attach/lobby.ts';
import type { Clock } from './clock.ts';
import { createEvents, type Events } from './events.ts';
import { createExecs, type Execs } from './exec/exec-records.ts';
import type { HealthMonitor } from './health/health.ts';
import { createWaiters, type Waiters } from './life/end/waiters.ts';
import type { HostFacts } from './spec/index.ts';

/** What the room needs of its neighbours. */
export interface ContainerDependencies {
  store: Store;
  images: Images;
  snapshots: Snapshots;
  volumes: Volumes;
  networks: Networks;
  runtime: Runtime;
  logs: Logs;
  /** Containers keep their files in `<dataRoot>/containers/<id>`. */
  dataRoot: string;
  log: Log;
  /** To whom it is told how long what took. */
  tracer: Tracer;
  clock: Clock;
  facts: HostFacts;
  /** Where containers' cgroups go, relative to the root of each hierarchy: `/tug`. */
  cgroupParent: string;
}

/** A container's process in this engine's hands. */
export interface Run {
  process: Process;
  /** Resolves once the exit is committed and told, before the clearing up; or once there will be no start. */
  ended: Promise<void>;
  /** Resolves it. */
  end(): void;
  /** A user wants it to end: no restart policy applies. */
  stopping: boolean;
  /** A user restarts it: it stays, though it were to remove itself at its end. */
  again?: boolean;
}

/** What the room's parts share. The store has the truth; the rest is what this engine's life adds to it. */
export interface Context extends ContainerDependencies {
  locks: Locks;
  events: Events;
  waiters: Waiters;
  lobby: Lobby;
  runs: Map<string, Run>;
  execs: Execs;
  health: HealthMonitor;
  /** Containers whose next start by their restart policy is due. */
  restarts: Map<string, NodeJS.Timeout>;
  /** How long the next restart of a container is put off, in milliseconds. */
  backoff: Map<string, number>;
  closing: boolean;
  /** Containers that a user is having removed. */
  removing: Set<string>;
  /** Ranges of ids for containers that are being made. */
  idsInMaking: Set<SpecIdMapping>;
  /** Whether a prune is under way. */
  pruning: boolean;
  /** Starts a container whose restart is due. */
  startAgain(id: string): Promise<void>;
}

export function createContext(
  dependencies: ContainerDependencies,
  parts: {
    startAgain: (context: Context, id: string) => Promise<void>;
    monitor: (context: Context) => HealthMonitor;
  },
): Context {
  const context = {
    ...dependencies,
    locks: createLocks(),
    events: createEvents(dependencies),
    waiters: createWaiters(),
    lobby: createLobby(),
    runs: new Map(),
    execs: createExecs(),
    restarts: new Map(),
    backoff: new Map(),
    closing: false,
    removing: new Set(),
    idsInMaking: new Set(),
    pruning: false,
    startAgain: (id: string) => parts.startAgain(context, id),
  } as Context;
  context.health = parts.monitor(context);
  return context;
}
