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

/** One line of output with its newline, if it had one; what is longer than 16 KiB comes in several entries. */
export interface LogEntry {
  stream: 'stdout' | 'stderr';
  /** RFC 3339, UTC, up to nine digits of a second, as the log has it. */
  time: string;
  line: Uint8Array;
  /** Labels and variables that the log driver was told to keep. */
  attrs?: Record<string, string>;
}

/** Reads json-file logs over their rotations. */
export interface LogReader {
  /** Ends at the log's end, or with `follow` once `ended` resolves and everything up to then has been read. */
  read(path: string, query: LogQuery, ended: Promise<unknown>, signal: AbortSignal): AsyncIterable<LogEntry>;
  /**
   * What stands before a position (see runtime's Attachment.log). The generation of a file is its inode number, which stays
   * the same while rotation renames it; 0 is no log at all. A file that is gone has nothing before the position left.
   */
  readUntil(path: string, position: { generation: number; offset: number }): AsyncIterable<LogEntry>;
}
