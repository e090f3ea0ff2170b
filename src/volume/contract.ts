import type { Volume, VolumeListResponse } from '../api/index.ts';
import type { Check } from '../kit/index.ts';

export interface Volumes {
  /**
   * Makes it unless it is there; without a name an anonymous one of 64 hex digits. Docker's words for bad names. Without a driver
   * it is whichever has a volume of that name, or else `local`.
   */
  create(request: {
    name?: string;
    driver?: string;
    options?: Record<string, string>;
    labels?: Record<string, string>;
  }): Promise<Volume>;
  /** Otherwise `notFound`: `get x: no such volume`. A plugin is asked for its own, also for those that others made. */
  inspect(name: string): Promise<Volume>;
  /** A plugin that fails is told of in `Warnings`. */
  list(filters: Record<string, string[]>): Promise<VolumeListResponse>;
  /** Whether a volume of that name is written down; no plugin is asked. */
  knows(name: string): boolean;
  /** All of this machine, with what each holds (Size, in bytes) and how many containers refer to it (RefCount). */
  usage(): Promise<Volume[]>;
  /** Refused with `conflict` while a container refers to it (`container:<id>` → `volume:<name>`). */
  remove(name: string, options: { force: boolean }): Promise<void>;
  /**
   * Where its files are visible on the host. A volume with mount options, or of a plugin, is mounted for that until `release` of each
   * user (a container's id, for example), and nothing of it keeps the engine from other work. Refusals are in Docker's words.
   */
  mount(name: string, user: string): Promise<string>;
  /** An earlier engine mounted it for this user, who has it still or is about to be released. */
  resume(name: string, user: string): Promise<void>;
  /** Lets go of all that one user had mounted; idempotent. What cannot be unmounted is said in the log. */
  release(user: string): Promise<void>;
  /** Unmounts what an earlier engine mounted and nobody uses any more. Call it once all users have been named again. */
  releaseUnused(): Promise<void>;
  /** Removes what no container uses: anonymous volumes, or with the filter `all` all; further filters `label` and `label!`. */
  prune(filters: Record<string, string[]>): Promise<{ VolumesDeleted: string[]; SpaceReclaimed: number }>;
  /** Where the files of a volume of this machine lie. */
  path(name: string): string;
  /** The name belongs to an anonymous volume, which `rm -v` and `--rm` remove along. */
  isAnonymous(name: string): boolean;
  /**
   * Gives an empty volume what the directory `path` within a container's root (its fd) holds: owners, modes, times, links
   * and extended attributes kept, the directory's own too. Nothing where there is no such directory. A copy that was cut
   * short is made anew by the next call. One that is mounted for its users must be. With a `part`, a directory of the volume by its
   * path there, which lies at the path `at` of the host, that is what is empty and is filled; nothing where it is none.
   */
  fill(
    name: string,
    image: {
      rootFd: number;
      path: string;
      /** The same directory, open for reading, where somebody has it in a quicker way; `fill` closes it. */
      alone?: () => Promise<number | undefined>;
    },
    part?: { name: string; at: string },
  ): Promise<void>;
  /** `local`, and the plugins that were met. */
  drivers(): string[];
  /** Finishes what an earlier engine was removing. Call it once, before anything else. */
  restore(): Promise<void>;
  /** Resolves once the files of all that was removed are freed, which nobody else waits for. */
  settled(): Promise<void>;
  /** Volumes with their directories. */
  check: Check;
  subscribe(listener: (event: { action: string; name: string; driver: string }) => void): () => void;
}
