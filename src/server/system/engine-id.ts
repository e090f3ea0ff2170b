import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crashpoint } from '../../kit/index.ts';

/** The engine's id, the same for the life of its data root. */
export async function engineId(dataRoot: string): Promise<string> {
  const path = join(dataRoot, 'engine-id');
  try {
    const known = readFileSync(path, 'utf8').trim();
    if (known !== '') return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const id = randomUUID();
  const file = await open(`${path}.new`, 'w', 0o600);
  await file.writeFile(id);
  await file.sync();
  await file.close();
  renameSync(`${path}.new`, path);
  crashpoint('system.engine-id');
  return id;
}
