import { fs } from '../lazy.ts';

/** Refuses a file that is there already. */
export function claimIdFile(path: string): void {
  if (fs().existsSync(path)) {
    throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
  }
}

/** Writes the container's id, and nothing else, to the file. */
export function writeIdFile(path: string, id: string): void {
  try {
    fs().writeFileSync(path, id, { flag: 'wx', mode: 0o666 });
  } catch (error) {
    throw new Error(`failed to create the container ID file: ${(error as Error).message}`, { cause: error });
  }
}
