import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of a checkpoint with their SHA-256: what CRIU reads from them, it does as the host's root. */
export type Sealed = Record<string, string>;

/** What is in the directory, which is on the disk then, for `brokenSeal` to compare; throws for anything but plain files. */
export async function seal(directory: string): Promise<Sealed> {
  const entries = await readdir(directory, { withFileTypes: true });
  const sealed: Sealed = {};
  for (const { name } of entries.map(plain)) sealed[name] = await digest(join(directory, name), { sync: true });
  return sealed;
}

/** Why the directory is not what was sealed; undefined when it is, to the last byte. */
export async function brokenSeal(directory: string, sealed: Sealed): Promise<string | undefined> {
  const found = await readdir(directory, { withFileTypes: true });
  for (const entry of found) {
    if (!entry.isFile()) return `${entry.name} is no plain file`;
    if (!Object.hasOwn(sealed, entry.name)) return `${entry.name} was not part of it`;
  }
  for (const [name, expected] of Object.entries(sealed)) {
    if (!found.some((entry) => entry.name === name)) return `${name} is missing`;
    if ((await digest(join(directory, name))) !== expected) return `${name} has changed`;
  }
  return undefined;
}

function plain(entry: Dirent): Dirent {
  if (!entry.isFile()) throw new Error(`${entry.name} is no plain file`);
  return entry;
}

const pieceSize = 1 << 20;

async function digest(path: string, { sync = false } = {}): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if (sync) await file.sync();
    return await digestOf(file);
  } finally {
    await file.close();
  }
}

async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(pieceSize);
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, pieceSize, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
  }
}
