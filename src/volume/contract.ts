import type { Volume, VolumeListResponse } from '../api/index.ts';
import type { Check } from '../kit/index.ts';

export interface Volumes {
  /** Makes it unless it is there; without a name an anonymous one of 64 hex digits. Docker's words for bad names. */
  create(request: {
    name?: string;
    driver?: string;
    options?: Record<string, string>;
    labels?: Record<string, string>;
  }): Promise<Volume>;
  /** Otherwise `notFound`: `get x: no such volume`. */
  inspect(name: string): Volume;
  list(filters: Record<string, string[]>): VolumeListResponse;
  /** All, with what each holds (Size, in bytes) and how many containers refer to it (RefCount). */
  usage(): Promise<Volume[]>;
  /** Refused with `conflict` while a container refers to it (`container:<id>` → `volume:<name>`). */
  remove(name: string, options: { force: boolean }): Promise<void>;
  /**
   * Makes the files of a volume with mount options visible under its path, until `release` of each user (a container's id, for
   * example); for other volumes nothing. Refusals of the kernel are in Docker's words.
   */
  mount(name: string, user: string): void;
  /** Lets go of all that one user had mounted; idempotent. */
  release(user: string): void;
  /** Unmounts what an earlier engine mounted and nobody uses any more. Call it once all users have been named again. */
  releaseUnused(): void;
  /** Removes what no container uses: anonymous volumes, or with the filter `all` all; further filters `label` and `label!`. */
  prune(filters: Record<string, string[]>): Promise<{ VolumesDeleted: string[]; SpaceReclaimed: number }>;
  /** Where its files lie on the host. */
  path(name: string): string;
  /** The name belongs to an anonymous volume, which `rm -v` and `--rm` remove along. */
  isAnonymous(name: string): boolean;
  /**
   * Gives an empty volume what the directory `path` within a container's root (its fd) holds: owners, modes, times, links
   * and extended attributes kept, the directory's own too. Nothing where there is no such directory. A copy that was cut
   * short is made anew by the next call.
   */
  fill(name: string, image: { rootFd: number; path: string }): Promise<void>;
  /** Finishes what an earlier engine was removing. Call it once, before anything else. */
  restore(): Promise<void>;
  /** Volumes with their directories. */
  check: Check;
  subscribe(listener: (event: { action: string; name: string; driver: string }) => void): () => void;
}
