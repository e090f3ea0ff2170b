import { randomBytes } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, directoriesIn, openDirectory, openDirectoryAt, openIn, renameAt, usingFd } from '../../host/index.ts';

const DEEPEST = 100;

/**
 * Takes a tree apart into trees that are not deep, within the directory `doomed` in which it lies: removing a deep one takes
 * time by the square of its depth, and a container may make it as deep as it likes. Yields the paths of all, `path` last.
 */
export async function* flattened(doomed: string, path: string): AsyncGenerator<string> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const target = openDirectory(doomed);
    try {
      const pieces = [path];
      for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
        for (const name of await cutOff(piece, target)) pieces.push(join(doomed, name));
        if (piece !== path) yield piece;
      }
    } finally {
      closeFd(target);
    }
  }
  yield path;
}

/** Moves what lies too deep to `target`; the new names there. */
async function cutOff(path: string, target: number): Promise<string[]> {
  const moved: string[] = [];
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const top = usingFd(openDirectory(path), (fd) => openIn(fd, '.', flags));
  const stack = [{ fd: top, names: directoriesIn(top) }];
  try {
    for (let at = stack.at(-1); at; at = stack.at(-1)) {
      const name = at.names.pop();
      if (!name) {
        stack.pop();
        closeFd(at.fd);
        await new Promise(setImmediate);
      } else if (stack.length >= DEEPEST) {
        const fresh = randomBytes(8).toString('hex');
        renameAt(at.fd, name, { directory: target, name: fresh });
        moved.push(fresh);
      } else {
        const fd = openDirectoryAt(at.fd, name);
        stack.push({ fd, names: directoriesIn(fd) });
      }
    }
    return moved;
  } finally {
    for (const { fd } of stack) closeFd(fd);
  }
}
