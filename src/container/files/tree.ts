import type { FileStatus } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { IdMapping, Spot } from '../../snapshot/index.ts';

/** What is mounted at a place, found on the host. */
export interface Mounted extends Spot {
  readOnly: boolean;
}

/** A container's files: its root, and what is mounted in it. Paths are byte strings relative to the root, which is ''. */
export interface FileTree {
  /** O_PATH or better. */
  root: number;
  /** Whose owners are the host's ids that stand for the container's, as these have it. */
  ids?: IdMapping;
  /** What lies at a path instead of what the root has there; of a running container the kernel knows. Throws for one that is silent. */
  mounted(path: string): Mounted | undefined;
  /** Whether `mounted` has something for a path below this one. */
  mountedBelow(path: string): boolean;
  /** Some mount has no place in the root, or in another mount: the container never ran. */
  lacksPlaces: boolean;
  /** Mounts on file systems that do not answer: who looks at them waits. */
  silent: string[];
  /** The kernel's own file systems and whatever was mounted from within: places without files for anybody outside, as in Docker. */
  isForeign(path: string, status: FileStatus): boolean;
  close(): void;
}

/** Paths of byte strings as the kernel has them. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Says that a mount is silent. */
export function refuseSilent(path: string): never {
  throw new EngineError('unavailable', `the file system at /${Buffer.from(path, 'latin1')} does not answer`);
}

/** Refuses to go through a directory below which there is one that is silent. */
export function refuseSilentBelow({ silent }: FileTree, path: string): void {
  for (const mount of silent) if (path === '' || mount.startsWith(`${path}/`)) refuseSilent(mount);
}
