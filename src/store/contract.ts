import type { Check } from '../kit/index.ts';

/** The engine's durable truth. Every change happens in a transaction that is on disk when `update` returns. */
export interface Store {
  /** Reads; sees one consistent state. */
  view<T>(read: (tx: Tx) => T): T;
  /**
   * Changes; all or nothing. Nested calls are refused. Counted in `commits`. On a full disk a reserve is used up, so that
   * what has happened can still be recorded; `change` may then run twice.
   */
  update<T>(change: (tx: Tx) => T): T;
  /**
   * The same for what could be found out again (that a start succeeded, that remains are gone): it survives a kill of the engine
   * at once, a loss of power only after the next `update`. Costs no wait for the disk.
   */
  note<T>(change: (tx: Tx) => T): T;
  /**
   * As `update`, for what is new: refused with `no space left on device` while the reserve cannot be held, and while the directory is lost. Without `wait` it is as
   * durable as a `note`.
   */
  admit<T>(change: (tx: Tx) => T, options?: { wait: boolean }): T;
  /** Resolves once all that was noted before is as durable as an `update`; others' waits for the disk are shared. */
  flush(): Promise<void>;
  readonly blobs: Blobs;
  /** Every blob against its digest, and the database: its pages, its documents and what is computed from them. */
  check: Check;
  /** Says so where the directory is not there any more, or another one is in its place; undefined while all is well. */
  lost(): string | undefined;
  /** Writes the database, as it is at this moment, to a new file of that name, which is a whole database by itself. */
  copyTo(path: string): void;
  /** How many transactions were committed since the store was opened. */
  readonly commits: number;
  close(): void;
}

export interface Tx {
  collection<T>(definition: Collection<T>): Rows<T>;
  refs: Refs;
}

/** A kind of document: its name is the table; each index is a column computed from the document. */
export interface Collection<T> {
  name: string;
  indexes: Record<string, { of: (document: T) => string | null; unique: boolean }>;
  /** Its documents are kept in memory, too, once they were read; they come frozen then. For what is read again and again. */
  cached?: boolean;
}

export interface Rows<T> {
  get(id: string): T | undefined;
  /** The ids that begin with `prefix`, at most `limit`. */
  idsByPrefix(prefix: string, limit: number): string[];
  by(index: string, value: string): { id: string; document: T }[];
  /** The ids alone. */
  idsBy(index: string, value: string): string[];
  all(): { id: string; document: T }[];
  /** Inserts or replaces. A second document with the same value in a unique index is an EngineError `conflict`. */
  put(id: string, document: T): void;
  delete(id: string): void;
}

/** Who uses what, across rooms: owner and target are `kind:id`, for example `container:4f…` → `image:sha256:…`. */
export interface Refs {
  /** Adds the reference, or changes its note (for example `running`). */
  add(owner: string, target: string, note?: string): void;
  remove(owner: string, target: string): void;
  removeOwner(owner: string): void;
  ownersOf(target: string): { owner: string; note: string }[];
  targetsOf(owner: string): { target: string; note: string }[];
  /** The owners of that kind, each once. */
  owners(kind: string): string[];
}

/** Files named by their digest (`sha256:…`), immutable once there. */
/** Bytes that are here, but not yet for good. */
export interface StagedBlob {
  readonly digest: string;
  readonly size: number;
  /** Durable under its name when it resolves. */
  keep(): Promise<void>;
  /** As if it had never been; nothing once it is to be kept. */
  drop(): Promise<void>;
}

export interface Blobs {
  has(digest: string): boolean;
  size(digest: string): number;
  /** The file; it must not be written. */
  path(digest: string): string;
  read(digest: string): Promise<Uint8Array>;
  /**
   * Takes bytes in, durable when it resolves. An expected digest or size that is not met is an EngineError `invalid`, and
   * nothing is kept.
   */
  ingest(
    bytes: AsyncIterable<Uint8Array>,
    expected?: { digest?: string; size?: number },
  ): Promise<{ digest: string; size: number }>;
  /** Takes bytes in that are to be kept later, together with others. Whoever asks keeps or drops them. */
  stage(bytes: AsyncIterable<Uint8Array>): Promise<StagedBlob>;
  /** A blob that arrives in pieces, over several attempts and lives of the engine; one at a time may have it open. */
  receive(digest: string): Promise<Incoming>;
  /** Removes what was last written to before then of blobs that never became whole, and that nobody is receiving. */
  forget(before: Date): void;
  delete(digest: string): void;
  all(): string[];
}

/** A blob on its way in. Exactly one of `finish` and `close` ends it. */
export interface Incoming {
  /** How many bytes an earlier attempt had left. */
  readonly resumed: number;
  /** How many bytes there are now. */
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** All bytes from the first, also those that are still to come; throws when they do not. */
  follow(): AsyncIterable<Uint8Array>;
  /** The blob is in its place and durable when it resolves; bytes that are not the digest's are `invalid`, and all is thrown away. */
  finish(): Promise<void>;
  /** Ends without the whole; what is there stays for the next attempt. */
  close(failure?: Error): Promise<void>;
}
