/** Checkpoints of containers: their processes, with all they have in memory. Only an engine told to be experimental has them, as Docker's. */
export interface ContainerCheckpoints {
  /** Without `exit` the container runs on; with it, it has ended, and no restart policy brings it back. */
  createCheckpoint(reference: string, options: { name: string; directory?: string; exit: boolean }): Promise<void>;
  checkpoints(reference: string, options: { directory?: string }): Promise<{ Name: string }[]>;
  removeCheckpoint(reference: string, options: { name: string; directory?: string }): Promise<void>;
}

/** What a start goes on from. */
export interface FromCheckpoint {
  name: string;
  directory?: string;
}
