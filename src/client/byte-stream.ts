/** Bytes both ways over one socket. Nothing is read from the kernel while a megabyte waits to be taken. */
export interface ByteStream {
  /** The next bytes, or undefined once the other side ended; throws when the connection broke. */
  read(): Promise<Uint8Array | undefined>;
  /** Puts bytes back, to be read first. */
  unread(bytes: Uint8Array): void;
  /** Resolves when the kernel took the bytes; throws when the connection is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that nothing more will be written; reading goes on. */
  closeWrite(): void;
  /** Closes both ways at once. */
  destroy(): void;
}
