export interface LogQuery {
  stdout: boolean;
  stderr: boolean;
  follow: boolean;
  timestamps: boolean;
  details: boolean;
  /** Lines from the end, of both streams together and before `since` and `until`, as in Docker; undefined is all. */
  tail?: number;
  /** A bigint is nanoseconds since the epoch. Entries of exactly that time belong to the answer. */
  since?: Date | bigint;
  /** See `since`. With `follow` the answer ends at that time at the latest. */
  until?: Date | bigint;
}

/** How the answer is written: each line as a frame of Docker's multiplexed stream, or bare. */
export interface LogForm {
  framed: boolean;
}

/**
 * Reads json-file logs over their rotations. What it gives are the bytes a client gets, many lines at a time; they are the
 * caller's.
 */
export interface LogReader {
  /** Ends at the log's end, or with `follow` once `ended` resolves and everything up to then has been read. */
  read(
    path: string,
    query: LogQuery & LogForm,
    ended: Promise<unknown>,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /**
   * What stands before a position (see runtime's Attachment.log). The generation of a file is its inode number, which stays
   * the same while rotation renames it; 0 is no log at all. A file that is gone has nothing before the position left.
   */
  readUntil(
    path: string,
    position: { generation: number; offset: number },
    form: LogForm & { stdout: boolean; stderr: boolean },
  ): AsyncIterable<Uint8Array>;
}
