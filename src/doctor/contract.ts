/** How much what was found matters: `error`, containers do not run (well) with it; `warning`, sooner or later they may not. */
export type Gravity = 'error' | 'warning' | 'note';

/** One thing about the host that is missing or odd. */
export interface Symptom {
  /** A word for programs, such as `cgroup-controllers`. */
  id: string;
  gravity: Gravity;
  /** What is so. */
  text: string;
  /** What to do about it. */
  mend: string;
}

/** The host as the checks see it; a file that cannot be read is undefined. */
export interface Host {
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** Names in a directory; none where there is no such directory. */
  list(path: string): string[];
  /** Of the file system there. */
  space(path: string): Space | undefined;
  /** Where PATH has a program. */
  program(name: string): string | undefined;
  /** Chains that decide over packets, of every table of nftables. */
  chains(): Chain[];
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface Space {
  bytes: { size: number; available: number };
  inodes: { total: number; free: number };
}

/** A base chain; the numbers are the kernel's. */
export interface Chain {
  family: string;
  table: string;
  name: string;
  hook: string;
  drops: boolean;
}

/** What the engine knows of itself; a host without one has only the places. */
export interface Engine {
  dataRoot: string;
  execRoot: string;
  /** Below each hierarchy: `/tug`. */
  cgroupParent: string;
  /** Of the containers that there are; undefined where no engine says so. */
  containers?: string[];
}

export type Check = (host: Host, engine: Engine) => Symptom[];
