/**
 * How trees come to be on the disk. On `overlay2` a layer is a tree of its own, and the kernel merges them; every other driver has
 * whole trees: a layer is a clone of the one below with its archive unpacked onto it, and a container is a clone of its image's.
 */
export interface Driver {
  /** As `--storage-driver` and `docker info` name it; also its directory under the data root. */
  readonly name: string;
  readonly whole: boolean;
  /** Makes an empty tree, 0755, at a path that is free. */
  make(path: string): void;
  /** Makes a tree that begins as the one at `from`, which nobody writes to meanwhile. */
  clone(from: string, to: string): Promise<void>;
  /** Called before the directory `path`, which may have a tree named `diff` in it, is removed file by file. */
  free(path: string): Promise<void>;
}
