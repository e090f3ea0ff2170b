/** What a container's own files once were; of one container each name is there once. */
export interface ContainerSnapshot {
  Name: string;
  /** RFC 3339. */
  Created: string;
  /** Bytes of the writable layer then; the driver may need less for it. */
  Size: number;
  Comment: string;
}

/** Snapshots of containers' own files: what is mounted into one is no part of them. They go when the container goes. */
export interface ContainerSnapshots {
  /** Without a name it gets one of its own (`snap-1`); nothing in the container runs meanwhile unless `pause` says otherwise. */
  createSnapshot(
    reference: string,
    options: { name: string; comment: string; pause: boolean },
  ): Promise<ContainerSnapshot>;
  /** The oldest first. */
  listSnapshots(reference: string): ContainerSnapshot[];
  removeSnapshot(reference: string, name: string): Promise<void>;
  /** Its own files are what they were then; `conflict` while it runs. The snapshot stays. A kill leaves one or the other, whole. */
  rollBack(reference: string, name: string): Promise<void>;
}
