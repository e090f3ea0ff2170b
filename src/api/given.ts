/**
 * Between tug's command line and an engine on the same machine large files need not go through the connection: the command line names
 * one of its open files, and the engine has the kernel copy from it or into it.
 */
export interface GivenFile {
  fd: number;
  device: number;
  inode: number;
}

/** Files of so many bytes and more are given. */
export const givenFrom = 1 << 20;

/** `fd:device:inode`: the number counts in the process that speaks, the others tell that it is this very file. */
export function nameGiven({ fd, device, inode }: GivenFile): string {
  return `${fd}:${device}:${inode}`;
}

/** What `nameGiven` made; undefined for any other text. */
export function parseGiven(text: string): GivenFile | undefined {
  const [, fd, device, inode] = /^(\d{1,9}):(\d{1,20}):(\d{1,20})$/.exec(text) ?? [];
  return fd === undefined ? undefined : { fd: Number(fd), device: Number(device), inode: Number(inode) };
}

/** How long an outcome is. */
export const outcomeSize = 512;

/** How a copy went, as it stands in an archive in place of the data: nothing, or the system's error. */
export function encodeOutcome(error?: { errno: number; code: string }): Uint8Array {
  const bytes = new Uint8Array(outcomeSize);
  if (error) new TextEncoder().encodeInto(JSON.stringify({ errno: error.errno, code: error.code }), bytes);
  return bytes;
}

/** The error in an outcome. */
export function decodeOutcome(bytes: Uint8Array): { errno: number; code: string } | undefined {
  const text = new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
  return text === '' ? undefined : JSON.parse(text);
}

/** What an answer is that tells of a whole directory copied without an archive. */
export const copiedType = 'application/vnd.tug.copied';

/**
 * Its lines: how large an archive would be until here, as often as there is something to tell, and at last one of these. After `again`
 * some of it may be there, and only an archive can do the rest.
 */
export const copiedEnds = { whole: 'whole', again: 'again' } as const;
