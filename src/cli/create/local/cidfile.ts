import { explainSystemError } from '../../../kit/index.ts';
import { fs } from '../../lazy.ts';

/** A file that is to hold a container's id, made before the container is, so that none is made in vain. */
export interface IdFile {
  /** Writes the id, and nothing else. */
  write(id: string): void;
  /** Closes the file; one without an id goes. */
  close(): void;
}

/** Makes the file; one that is there already is refused. */
export function createIdFile(path: string): IdFile {
  const { existsSync, openSync, writeSync, closeSync, rmSync } = fs();
  if (existsSync(path)) {
    throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
  }
  const explained = (what: string, error: unknown) =>
    new Error(`${what}: ${(explainSystemError(error, path) as Error).message}`, { cause: error });
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o666);
  } catch (error) {
    throw explained('failed to create the container ID file', error);
  }
  let isWritten = false;
  return {
    write(id) {
      try {
        writeSync(fd, id);
        isWritten = true;
      } catch (error) {
        throw explained('failed to write the container ID to the file', error);
      }
    },
    close() {
      closeSync(fd);
      if (!isWritten) rmSync(path, { force: true });
    },
  };
}
