export interface LogQuery {
  stdout: boolean;
  stderr: boolean;
  follow: boolean;
  timestamps: boolean;
  details: boolean;
  /** Lines from the end; undefined is all. */
  tail?: number;
  since?: Date;
  until?: Date;
}

/** One line of output with its newline, if it had one. */
export interface LogEntry {
  stream: 'stdout' | 'stderr';
  time: string;
  line: Uint8Array;
}

/** Reads json-file logs over their rotations. */
export interface LogReader {
  /** Ends at the log's end, or with `follow` once `ended` resolves and everything up to then has been read. */
  read(path: string, query: LogQuery, ended: Promise<unknown>, signal: AbortSignal): AsyncIterable<LogEntry>;
  /** What stands before a position (see runtime's Attachment.log). */
  readUntil(path: string, position: { generation: number; offset: number }): AsyncIterable<LogEntry>;
}
