import type { BuildCache, BuildStatus, HostConfig } from '../api/index.ts';
import type { ImageConfig, Platform, RuntimeSpec, SpecMount } from '../oci/index.ts';
import type { Credentials } from '../registry/index.ts';
import type { Warning } from './language/index.ts';

/** Dockerfiles into images. */
export interface Builds {
  /** Builds; rejects with what went wrong, in the words of the frontend or of the step. Whoever asks sees how it goes in `onStatus`. */
  build(request: BuildRequest): Promise<BuildOutcome>;
  /** Takes a context in that comes as an archive; whoever asks closes it. */
  receive(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Files>;
  /** Takes one in from a repository or a URL; a URL of a text is a Dockerfile alone. */
  fetch(remote: string, signal: AbortSignal): Promise<Files & { dockerfile?: string }>;
  /** What the cache holds. */
  usage(): BuildCache[];
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
  /** What is known of a file's contents by its path (a byte string), where it is known: its digest. */
  digest?(path: string): string | undefined;
  close(): void;
}

export interface BuildRequest {
  /** Its text, and what it is called. */
  dockerfile: { name: string; bytes: Uint8Array };
  /** `.dockerignore` has been heeded. */
  context: Files | undefined;
  /** `--build-context`: files, or the name of an image (`docker-image://…`). */
  contexts: Map<string, Files | { image: string }>;
  /** `name:tag`s of the image. */
  names: string[];
  target?: string;
  buildArgs: Map<string, string>;
  labels: Map<string, string>;
  platform?: Platform;
  /** Nothing, or only these stages, may come from the cache. */
  noCache: boolean | string[];
  pull: boolean;
  run: RunOptions;
  /** By id; undefined where nobody gave it. */
  secret(id: string): Promise<Uint8Array | undefined>;
  /** A connection to an agent, by id. */
  ssh: ReadonlyMap<string, string>;
  cacheFrom: string[];
  /** From the cache comes only what is in one of these images, where any are given. */
  cacheImages: string[];
  squash: boolean;
  credentials(registry: string): Credentials | undefined;
  /** For each step why it was or was not taken from the cache. */
  explain?: boolean;
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
  /** The image's id. */
  id: string;
  /** The image was there before, with all that it has. */
  known: boolean;
  names: string[];
  config: ImageConfig;
  warnings: readonly Warning[];
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
export type StepSpecs = (step: StepProcess) => RuntimeSpec;
