import type { Socket } from 'node:net';
import type { BuildCache, BuildStatus, HostConfig } from '../api/index.ts';
import type { ImageConfig, Platform, RuntimeSpec, SpecMount } from '../oci/index.ts';
import type { Credentials } from '../registry/index.ts';
import type { Opening } from '../runtime/index.ts';
import type { BuildFailure } from './failure.ts';
import type { Warning } from './language/index.ts';

/** Dockerfiles into images. */
export interface Builds {
  /** Builds; rejects with what went wrong, in the words of the frontend or of the step. Whoever asks sees how it goes in `onStatus`. */
  build(request: BuildRequest): Promise<BuildOutcome>;
  /** Takes a context in that comes as an archive; whoever asks closes it. */
  receive(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ReceivedFiles>;
  /** A copy of a client's directory that is kept from build to build; its user has it alone until it is closed. */
  localFiles(key: string): Promise<LocalFiles>;
  /** Takes one in from a repository or a URL; a URL of a text is a Dockerfile alone. `ssh` are sockets of agents, by id. */
  fetch(remote: string, options: { signal: AbortSignal; ssh?: ReadonlyMap<string, string> }): Promise<ReceivedFiles>;
  /** A socket for a client's agent: every connection to it goes to `connect`. Whoever asks closes it. */
  listen(connect: (connection: Socket) => void): Promise<{ path: string; close(): void }>;
  /** What the cache holds. */
  usage(): Promise<BuildCache[]>;
  /** Removes what nobody uses: without `all` only what no image needs; filters are `until`, `id`, `type` and the like. */
  prune(options: PruneOptions): Promise<{ CachesDeleted: string[]; SpaceReclaimed: number }>;
  /** At the engine's start, before images are collected: forgets what a kill or a loss of power left half made. */
  restore(): void;
  close(): Promise<void>;
}

export interface PruneOptions {
  all: boolean;
  filters: Record<string, string[]>;
  /** Bytes that may stay, however old. */
  keepStorage?: number;
  maxUsed?: number;
  minFree?: number;
}

/** Files that a build copies from. */
export interface Files {
  /** An open directory; paths are looked up within it, and `..` or symlinks never lead out. */
  root: number;
  close(): void;
}

/** One file of a client's directory; the path is a byte string. */
export interface LocalEntry {
  path: string;
  kind: 'file' | 'directory' | 'symlink';
  mode: number;
  size: number;
  modified: { seconds: number; nanoseconds: number };
  /** Of a symlink its text; of a file the path of one before it in the list, which is the same file by another name. */
  link?: string;
}

/** A copy of a client's directory. */
export interface LocalFiles extends Files {
  /** Makes the copy what these say, directories before what is in them, but for files' contents; the places of those that differ. */
  prepare(entries: LocalEntry[]): Promise<number[]>;
  /** The contents of those files. */
  fill(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

/** A directory of the client's of which single files are read; a path is relative to it. */
export interface ClientDirectory {
  has(path: string): boolean;
  /** Rejects with `notFound` for what is not there. */
  read(path: string): AsyncIterable<Uint8Array>;
}

/** Files that came as a whole, with an ignore file of their own perhaps. */
export interface ReceivedFiles extends Files {
  /** Those of the paths that its ignore file leaves out. */
  ignored(paths: string[]): string[];
  /** Takes a file away; one that is not there is no failure. */
  remove(path: string): void;
  /** It is a Dockerfile alone, under that name. */
  dockerfile?: string;
}

export interface BuildRequest {
  /** Its text, and what it is called. */
  dockerfile: { name: string; bytes: Uint8Array };
  /**
   * The main context, asked for when a step needs it; `.dockerignore` has been heeded. What none of the `paths` leads to need not be there;
   * they are byte strings as COPY has them, and each time the same.
   */
  context(paths?: readonly string[]): Promise<Files>;
  /** The patterns of its `.dockerignore`, as far as they are known: what is copied all the same is told. */
  ignored?: readonly string[];
  /** `--build-context` by name. */
  contexts: Map<string, NamedContext>;
  /** `name:tag`s of the image. */
  names: string[];
  target?: string;
  buildArgs: Map<string, string>;
  labels: Map<string, string>;
  /** Of several the image is a list; without any it is this host's. */
  platforms: Platform[];
  /** Nothing, or only these stages, may come from the cache. */
  noCache: boolean | string[];
  pull: boolean;
  run: RunOptions;
  /** By id; undefined where nobody gave it. */
  secret(id: string): Promise<Uint8Array | undefined>;
  /** A connection to an agent, by id. */
  ssh: ReadonlyMap<string, string>;
  cacheFrom: CacheSource[];
  cacheTo: CacheTarget[];
  outputs: Output[];
  /** From the cache comes only what is in one of these images, where any are given. */
  cacheImages: string[];
  squash: boolean;
  /** The Dockerfile is only looked through, and the outcome's `told` says what was asked. */
  call?: 'check' | 'outline' | 'targets';
  credentials(registry: string): Credentials | undefined;
  /** Told for each step why it was or was not taken from the cache. */
  onExplain?(step: string, reason: string): void;
  onStatus(status: BuildStatus): void;
  /** Called once the Dockerfile is understood. */
  onPlan?(steps: PlannedStep[]): void;
  signal: AbortSignal;
}

/** An instruction as it is written, and the digest of the work that it stands for; without one it only changes the config. */
export interface PlannedStep {
  text: string;
  vertex?: string;
}

/** Files, the name of an image (`docker-image://…`), or an image in an OCI layout (`oci-layout://…`). */
export type NamedContext =
  | { files(): Promise<Files> }
  | { image: string }
  | { layout: string; directory(): Promise<ClientDirectory> };

/** Where cache is taken from: `type` is `registry` or `local`; of `local` the directory is an OCI layout. */
export interface CacheSource {
  attributes: Record<string, string>;
  directory?(): Promise<ClientDirectory>;
}

/** Where cache is brought to: `type` is `registry`, `local` or `inline`; to `local` goes a tar of an OCI layout. */
export interface CacheTarget {
  attributes: Record<string, string>;
  write?(layout: AsyncIterable<Uint8Array>): Promise<void>;
}

/** What becomes of the outcome. Without any an image of this engine. */
export interface Output {
  type: 'image' | 'local' | 'tar' | 'oci' | 'docker';
  attributes: Record<string, string>;
  /** Where files or archives go. */
  write?(bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** What limits and surrounds the processes of RUN. */
export interface RunOptions {
  /** `default`, `host`, `none`, or a network's name. */
  network: string;
  extraHosts: string[];
  /** Memory, cpus, ulimits, shm size, cgroup parent. */
  limits: HostConfig;
  /** `security.insecure` is granted. */
  insecure: boolean;
}

export interface BuildOutcome {
  /** The image's id, where one was made. */
  id?: string;
  /** The image was there before, with all that it has. */
  known: boolean;
  names: string[];
  config?: ImageConfig;
  /** What `--metadata-file` says. */
  metadata: Record<string, unknown>;
  warnings: readonly Warning[];
  /** What `call` asked for, as BuildKit's clients read it. */
  told?: object;
  /** With `call: 'check'`: the mistake it ends at. */
  failure?: BuildFailure;
  /** The same as people read them, with the lines they are about. */
  findings: string;
}

/** What the specification of a RUN's process is made of. */
export interface StepProcess {
  id: string;
  args: string[];
  env: string[];
  cwd: string;
  user: string;
  hostConfig: HostConfig;
  /** The engine's files for /etc/hosts and /etc/resolv.conf. */
  files: { hosts: string; resolvConf: string };
  mounts: SpecMount[];
  /** Reads within the step's root. */
  readInRoot(path: string): Uint8Array | undefined;
}

/** Turns it into a specification, with the same defaults and limits that containers have. */
export interface StepSpecs {
  whole(step: StepProcess): RuntimeSpec;
  /** What of it is known before there are files. */
  outline(step: Pick<StepProcess, 'id' | 'args' | 'hostConfig'>): { linux: Opening['outline']['linux'] };
}
