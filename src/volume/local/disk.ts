import { existsSync } from 'node:fs';
import { open, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../host/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';

/** Where the file system of a volume with a size lies. */
export const diskPath = (directory: string): string => join(directory, 'disk');

/** Whether volumes can have a size here. */
export function canLimit(): boolean {
  return Bun.which('mkfs.ext4') !== null && existsSync('/dev/loop-control');
}

/** Bytes of a size as Docker writes it (`10m`, `1.5g`); undefined where the text is none. */
export function parseSize(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === '') return undefined;
  return Math.floor(Number(number) * 1024 ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(unit.toLowerCase()));
}

/** Makes the file with an ext4 file system of `bytes` in it unless it is there; it takes room as it is written to. */
export async function makeDisk(directory: string, bytes: number): Promise<void> {
  const path = diskPath(directory);
  if (existsSync(path)) return;
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.truncate(bytes);
    await format(unfinished);
    await file.sync();
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  crashpoint('volume.disk');
}

/** Nothing is held back for root, since a container's root is the one who fills it. */
async function format(path: string): Promise<void> {
  const said = await runProgram(['mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'root_owner=0:0,lazy_itable_init=1', path]);
  if (said?.code === 0) return;
  throw new EngineError('internal', `cannot make a file system: ${said?.stderr.trim() ?? 'there is no mkfs.ext4'}`);
}

/** A volume that was never written to is empty, so that it is filled from an image. */
export async function clearNewDisk(mounted: string): Promise<void> {
  await rmdir(join(mounted, 'lost+found')).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EROFS', 'ENOTDIR'].includes(error.code ?? '')) throw error;
  });
}
