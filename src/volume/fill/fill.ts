import { constants, existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeFd, openDirectoryAt, type TreeCopier, tryOpenIn } from '../../host/index.ts';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Volumes } from '../contract.ts';

/** See Volumes.fill. */
type ImageDirectory = Parameters<Volumes['fill']>[1];

/**
 * Copies the directory `path` within the root `rootFd` into the empty directory `data`, as Volumes.fill promises. The file
 * `marker` stands beside it for as long as the copy is not whole; without one, what is there already is never taken away.
 */
export async function fill(
  { data, marker }: { data: string; marker?: string },
  image: ImageDirectory,
  copyTree: TreeCopier,
): Promise<void> {
  if (marker !== undefined && existsSync(marker)) await clear(data);
  else if (readdirSync(data).length > 0) return;
  const from =
    (await image.alone?.()) ?? tryOpenIn(image.rootFd, image.path, constants.O_RDONLY | constants.O_DIRECTORY);
  if (from === undefined) return;
  try {
    // Made before all that it stands for: a journal keeps that order, which nobody has to wait for.
    if (marker !== undefined) await writeFile(marker, '', { mode: 0o600 });
    crashpoint('volume.filling');
    await copyInto(data, from, copyTree);
    crashpoint('volume.copied');
    if (marker !== undefined) await rm(marker);
    crashpoint('volume.filled');
  } catch (error) {
    throw new EngineError('internal', `failed to populate volume: ${messageOf(error)}`, error);
  } finally {
    closeFd(from);
  }
}

// The path is the engine's own and absolute.
const atCwd = -100;

async function copyInto(data: string, from: number, copyTree: TreeCopier): Promise<void> {
  const to = openDirectoryAt(atCwd, data);
  try {
    await copyTree({ from, to, owners: 'kept', xattrs: 'all', top: true });
  } finally {
    closeFd(to);
  }
}

/** Empties a directory that stays, since a container may have it mounted. */
async function clear(data: string): Promise<void> {
  for (const name of readdirSync(data)) await rm(join(data, name), { recursive: true, force: true });
}
