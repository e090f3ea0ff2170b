/** Names on a disk are bytes; here they are byte strings, each character one byte, as in tar entries. */
export function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** A byte string as people read it. */
export function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** A byte string as the file system's calls take it. */
export function onDisk(bytes: string): Buffer {
  return Buffer.from(bytes, 'latin1');
}
