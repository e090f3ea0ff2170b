import type { EventMessage, PlainLine, SystemInfo, SystemVersion } from '../api/index.ts';
import type { Builds } from '../build/index.ts';
import type { Containers } from '../container/index.ts';
import type { Symptom } from '../doctor/index.ts';
import type { Images } from '../image/index.ts';
import type { Networks } from '../network/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Volumes } from '../volume/index.ts';
import type { Fsck } from './fsck/fsck.ts';

/** What the routes call. */
export interface Backends {
  containers: Containers;
  builds: Builds;
  images: Images;
  volumes: Volumes;
  networks: Networks;
  registry: Registry;
  system: System;
  fsck: Fsck;
  /** What of the host is missing or odd. */
  doctor(): Promise<Symptom[]>;
  backup: Backup;
  /** Reads a command line's words; undefined for one that the command line has to see to by itself. */
  readPlainLine?: (words: string[]) => Promise<PlainLine | undefined>;
}

/** All of a data root as one tar, whole while the engine runs; with `pause` its containers stand still meanwhile. */
export type Backup = (options: { pause: boolean }) => AsyncIterable<Uint8Array>;

/** The engine and its host, as `docker info` and `docker version` show them. */
export interface System {
  info(): Promise<SystemInfo>;
  version(): SystemVersion;
  /** `Tug/0.1.0 (linux)`, the Server field of every answer. */
  readonly server: string;
  /** Whether clients are to be told so; nothing else depends on it. */
  isExperimental(): boolean;
  readonly events: Events;
  /** Who the engine is: its own id, and the name of its machine. */
  readonly engine: { id: string; name: string };
  close(): void;
}

/** The events of every room as one stream, and the latest of them. */
export interface Events {
  /** `line` is the event as clients get it, with its newline. */
  subscribe(listener: (event: EventMessage, line: string) => void): () => void;
  /** The remembered ones between two times (both included), as such lines, oldest first: also of engines before this. */
  past(span: { since?: bigint; until?: bigint }): AsyncIterable<string[]>;
  /** An event that is no container's: it happens now. */
  tell(type: NonNullable<EventMessage['Type']>, action: string, actor: NonNullable<EventMessage['Actor']>): void;
  /** How many events there were since the engine's start. */
  told(): number;
  /** How many listen. */
  listeners(): number;
  close(): void;
}

/** A socket that has mode and group before anyone can connect. Paths longer than 107 bytes are fine. */
export interface UnixAddress {
  path: string;
  mode: number;
  group?: string;
}

/** A port of this machine; without `tls` everyone who reaches it is root. */
export interface TcpAddress {
  /** A name or an address. */
  host: string;
  port: number;
  tls?: ServerTls;
}

/** A socket that listens already, opened by who started the engine. */
export interface InheritedAddress {
  fd: number;
  tls?: ServerTls;
}

/** PEM texts. With `clientCa` a client must show a certificate of it. */
export interface ServerTls {
  cert: string;
  key: string;
  clientCa?: string;
}

export interface Server {
  /**
   * Listens at one more address. A socket that a dead engine left is replaced, one that answers is an EngineError `conflict`,
   * as is a port that is taken. Resolves to the port.
   */
  listen(address: UnixAddress | TcpAddress | InheritedAddress): Promise<number | undefined>;
  /** Stops listening, removes the sockets, and ends the connections: idle ones at once, others after a short grace. */
  close(): Promise<void>;
}
