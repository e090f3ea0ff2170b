/** Layers on disk, and the writable layer of each container on top of them. */
export interface Snapshots {
  /** What `docker info` calls the driver: `overlay2`. */
  readonly driver: string;
  hasLayer(diffId: string): boolean;
  /**
   * Unpacks one uncompressed layer tar, whose digest must be `diffId`; `parents` are the layers below it, lowest first
   * (looked at only for what the tar implies but does not list). Idempotent; nothing half-unpacked is ever seen as there.
   */
  applyLayer(layer: { diffId: string; parents: string[]; tar: AsyncIterable<Uint8Array> }): Promise<{ size: number }>;
  removeLayer(diffId: string): Promise<void>;
  layerSize(diffId: string): number;
  /** Makes the empty writable layer of a container; `layers` lowest first. */
  create(id: string, layers: string[]): Promise<void>;
  /** The container's root as a detached mount (O_CLOEXEC fd, the caller closes it). Nothing is mounted on the host. */
  mount(id: string, options: { volatile: boolean }): number;
  /** Paths as `docker inspect` shows them in GraphDriver.Data. */
  describe(id: string): Record<string, string>;
  /** Bytes in the writable layer. */
  size(id: string): Promise<number>;
  remove(id: string): Promise<void>;
  /** Removes writable layers and half-made directories that `known` denies. */
  sweep(known: { container: (id: string) => boolean; layer: (diffId: string) => boolean }): Promise<void>;
}
