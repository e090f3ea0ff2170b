import type { Duplex } from 'node:stream';
import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspectResponse,
  ContainerStatsResponse,
  ContainerSummary,
  ContainerTopResponse,
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  ContainerWaitResponse,
  EndpointSettings,
  EventMessage,
  ExecConfig,
  ExecInspectResponse,
  PortBinding,
} from '../api/index.ts';
import type { Check } from '../kit/index.ts';
import type { LogQuery } from '../logs/index.ts';
import type { Diagnosis } from '../network/index.ts';
import type { ConfigChange } from './change/contract.ts';
import type { ContainerCheckpoints, FromCheckpoint } from './checkpoints/contract.ts';
import type { ContainerFiles } from './files/contract.ts';
import type { Secret } from './secrets/contract.ts';
import type { ContainerSnapshots } from './snapshots/contract.ts';

/** References are a name (with or without its slash), an id, or a unique prefix of an id. */
export interface Containers extends ContainerFiles, ContainerCheckpoints, ContainerSnapshots {
  /** Containers with what they stand on, and what lies there that belongs to none. */
  check: Check;
  /**
   * `readOnlyNonRecursive`: a read-only mount that says no more is read-only at its top alone, as before API 1.44. With `startsNow`
   * the caller goes on to `start`, whose commit takes this one along to the disk.
   */
  create(request: {
    name?: string;
    platform?: string;
    body: ContainerCreateRequest;
    startsNow?: boolean;
    readOnlyNonRecursive?: boolean;
    secrets?: Secret[];
  }): Promise<ContainerCreateResponse>;
  /** `notModified` when it already runs. It goes on from a checkpoint where one is named. */
  start(reference: string, from?: FromCheckpoint): Promise<void>;
  /** `notModified` when it does not run. Without a timeout the container's own, else 10 s; negative waits for ever. */
  stop(reference: string, options: { signal?: string; timeout?: number }): Promise<void>;
  restart(reference: string, options: { signal?: string; timeout?: number }): Promise<void>;
  kill(reference: string, options: { signal?: string }): Promise<void>;
  /** Stops every process of it where it stands; it stays so when the engine restarts. */
  pause(reference: string): Promise<void>;
  unpause(reference: string): Promise<void>;
  rename(reference: string, name: string): Promise<void>;
  /** Puts it on one more network, at once where it runs; `settings` as a client sent them. */
  connect(reference: string, network: string, settings: EndpointSettings): Promise<void>;
  /**
   * Publishes more of its ports, or such no longer, at once where it runs, and at every later start. Bindings by container port
   * (`80/tcp`); one to remove may leave out its host port.
   */
  changePorts(
    reference: string,
    change: { add: Record<string, PortBinding[]>; remove: Record<string, PortBinding[]> },
  ): Promise<{ Ports: Record<string, PortBinding[] | null> }>;
  /**
   * Makes it with other variables, labels and mounts, in its place: id, name, writable layer and addresses stay. Labels hold at once; the
   * rest from its next start on, which with `restart` is now, and the warnings say so. A kill in between leaves it as it was or as asked.
   */
  change(reference: string, change: ConfigChange, options: { restart: boolean }): Promise<{ Warnings: string[] }>;
  /** Why packets of one container would reach another, or a port of the host its container; `to` may be empty for a port. */
  diagnose(from: string, to: string): Diagnosis;
  /** `force` says of a container that is not there what Docker says then. */
  disconnect(reference: string, network: string, options: { force: boolean }): Promise<void>;
  /** Other limits, at once where it runs, and another restart policy; what the request does not name stays. */
  update(reference: string, request: UpdateRequest): Promise<ContainerUpdateResponse>;
  /** What the host's `ps` says of its processes; `psArgs` as ps takes them, separated by blanks. */
  top(reference: string, psArgs: string): Promise<ContainerTopResponse>;
  /**
   * What it uses. A stream has a sample a second until the container goes or `signal` aborts; otherwise there is one, which was
   * compared with another before it unless `oneShot`. A container that does not run uses nothing.
   */
  stats(
    reference: string,
    options: { stream: boolean; oneShot: boolean },
    signal: AbortSignal,
  ): Promise<AsyncIterable<StatsSample>>;
  /** Removes what does not run; filters `until`, `label` and `label!`. One at a time: otherwise `conflict`. */
  prune(filters: Record<string, string[]>): Promise<{ ContainersDeleted: string[]; SpaceReclaimed: number }>;
  remove(reference: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  /** The subscription is in place when the outer promise resolves (the headers are sent then); the inner one is the exit. */
  wait(
    reference: string,
    condition: 'not-running' | 'next-exit' | 'removed',
    signal: AbortSignal,
  ): Promise<{ done: Promise<ContainerWaitResponse> }>;
  list(options: {
    all: boolean;
    limit?: number;
    size: boolean;
    /** The size has that of its snapshots in it. */
    snapshots?: boolean;
    filters: Record<string, string[]>;
  }): Promise<ContainerSummary[]>;
  inspect(reference: string, options: { size: boolean }): Promise<ContainerInspectResponse>;
  resize(reference: string, size: { rows: number; columns: number }): Promise<void>;
  /** As a client gets it: frames, or bare bytes from a tty; many lines at a time. */
  logs(
    reference: string,
    query: LogQuery,
    signal: AbortSignal,
  ): Promise<{ tty: boolean; bytes: AsyncIterable<Uint8Array> }>;
  /** Checks first, so that errors still go out as plain responses; then `connect` takes the client's hijacked stream. */
  attach(reference: string, options: AttachOptions): Promise<ContainerSession>;
  execCreate(reference: string, config: ExecConfig & { ConsoleSize?: [number, number] }): Promise<{ Id: string }>;
  /** Like attach; a detached exec has started when the promise resolves, and its session is undefined. */
  execStart(
    id: string,
    options: { detach: boolean; tty: boolean; size?: [rows: number, columns: number] },
  ): Promise<AttachSession | undefined>;
  execInspect(id: string): ExecInspectResponse;
  execResize(id: string, size: { rows: number; columns: number }): Promise<void>;
  /** Every event of containers and of what they use, published after its commit. */
  subscribe(listener: (event: EventMessage) => void): () => void;
  counts(): { total: number; running: number; paused: number; stopped: number };
  /** Takes the containers of an earlier engine's life over, records exits that happened meanwhile, repairs what was half done. */
  restore(): Promise<void>;
  /**
   * Ends what runs because the engine ends, each as its own stop says and all at once; waits `seconds` for that, longer where a
   * container has more time, for ever if negative. Restart policies hold for the next engine.
   */
  shutdown(seconds: number): Promise<void>;
  /** Lets go of the shims without touching the containers. */
  close(): Promise<void>;
}

/** An update as it was asked for; a field that is absent or 0 or empty stays as it is. */
export type UpdateRequest = ContainerUpdateRequest & { KernelMemory?: number };

/** Times are RFC 3339 with nanoseconds. */
export type StatsSample = Omit<ContainerStatsResponse, 'read' | 'preread'> & { read: string; preread: string };

export interface AttachOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Whether output from now on is wanted; `logs` replays what was before. */
  stream: boolean;
  logs: boolean;
  detachKeys?: string;
}

export interface AttachSession {
  tty: boolean;
  /**
   * Joins the client to the process until either ends or the detach keys come in; resolves when the client's stream may be
   * closed. `client` is already past its HTTP head: output written to it, stdin read from it, half-close is stdin's end.
   */
  connect(client: Duplex): Promise<void>;
}

export interface ContainerSession extends AttachSession {
  /** A call in place of the client is made once there is a process to join it to, or not at all. */
  connect(client: Duplex | (() => Promise<Duplex>)): Promise<void>;
}
