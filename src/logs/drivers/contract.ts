import type { LogInfo } from '../options/info.ts';

/** One line of a container, or a part of 16 KiB of a longer one. */
export interface LogMessage {
  stream: 'stdout' | 'stderr';
  /** RFC 3339, UTC, up to nine digits of a second. */
  time: string;
  /** Without its newline. */
  line: Buffer;
  /** Of a line that comes in parts: the same id for all of them, counted from 1. */
  partial?: { id: string; ordinal: number; last: boolean };
  /** Counts the messages of one shipment from 1. */
  ordinal: number;
}

/** A way out of the machine for lines. */
export interface LogDriver {
  /** Refuses options (`invalid`) in the words in which Docker refuses a creation. */
  check(options: Record<string, string>): void;
  /** Where a container's lines go. What Docker refuses only at a start is thrown as `invalid`. */
  prepare(info: LogInfo, shipment: { epoch: string }): Destination;
}

export interface Destination {
  /** Throws an EngineError in Docker's words where nobody is there. The caller closes the connection. */
  connect(): Promise<Connection>;
  /** A start waits for no connection, and does not fail without one. */
  lazy?: boolean;
  /** Milliseconds before the n-th attempt in a row to connect again, n from 0. */
  pause(attempt: number): number;
  /** A connection this old, in milliseconds, is made anew. */
  renewAfter?: number;
  /** After so many attempts in a row that failed, what cannot be sent is given up. */
  attempts?: number;
}

export interface Connection {
  /** Hands messages over, in order; resolves once they were taken, throws once the connection is of no use any more. */
  send(messages: LogMessage[]): Promise<void>;
  /**
   * How many milliseconds this connection must outlive what it took before that counts as arrived: the other side may have taken
   * bytes into its memory that it never came to read. 0 where the other side says what it has.
   */
  readonly doubt: number;
  /** Resolves with the reason once the other side is gone. */
  readonly lost: Promise<Error>;
  /** Says goodbye; whether the other side has taken all that was sent. */
  close(): Promise<boolean>;
}
