/** A SHA-256 of bytes that come in pieces. Exactly one of `digest` and `close` ends it. */
export interface Hashing {
  /** The bytes are the caller's again when it has resolved; wait for it before the next. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** In hexadecimal digits. */
  digest(): Promise<string>;
  close(): void;
}
