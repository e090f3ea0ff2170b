import { chmod, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigData } from './data.ts';

/** Writes config.json under a temporary name and renames it; its mode stays, a link stays a link. */
export async function saveConfig(path: string, data: ConfigData): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${process.pid}.tmp`;
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  try {
    await writeFile(temporary, JSON.stringify(pruned(data), null, '\t'), { mode: 0o600 });
    await chmod(temporary, mode);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Without what is empty; `auths` is always there, as Docker's programs write it. */
function pruned(data: ConfigData): object {
  const entries = Object.entries({ auths: {}, ...data }).filter(([name, value]) => {
    if (name === 'auths') return true;
    const isEmptyMap = value !== null && typeof value === 'object' && Object.keys(value).length === 0;
    return value !== '' && value !== undefined && value !== null && !isEmptyMap;
  });
  return Object.fromEntries(entries);
}
