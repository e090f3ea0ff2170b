import type { ConfigData } from './data.ts';

/** A config.json as it was read; `save` writes what `data` says now, whole or not at all. */
export interface Config {
  readonly directory: string;
  readonly data: ConfigData;
  save(): Promise<void>;
}

/** Where config.json and contexts are: --config, DOCKER_CONFIG, or ~/.docker. */
export function configDirectory(flag: string, env: Record<string, string | undefined>): string {
  return flag || env.DOCKER_CONFIG || `${env.HOME || '/root'}/.docker`;
}

/** Reads config.json; one that is missing is empty, one that cannot be read is empty too and `warn` is told. */
export async function loadConfig(directory: string, warn: (text: string) => void): Promise<Config> {
  const path = `${directory}/config.json`;
  return { directory, data: await readData(path, warn), save: saver };

  async function saver(this: Config): Promise<void> {
    const { saveConfig } = await import('./save.ts');
    await saveConfig(path, this.data);
  }
}

// Read through Bun.file: node:fs would cost every command a part of its start.
async function readData(path: string, warn: (text: string) => void): Promise<ConfigData> {
  let text: string;
  // To learn of a file that is not there by reading it takes six times as long.
  if (!(await Bun.file(path).exists())) return {};
  try {
    text = await Bun.file(path).text();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      warn(`WARNING: Error loading config file: open ${path}: ${code === 'EACCES' ? 'permission denied' : code}`);
    }
    return {};
  }
  try {
    const data: unknown = JSON.parse(text);
    if (data !== null && typeof data === 'object' && !Array.isArray(data)) return data;
    throw new Error('it is not an object');
  } catch (error) {
    warn(`WARNING: Error parsing config file (${path}): ${(error as Error).message}`);
    return {};
  }
}
