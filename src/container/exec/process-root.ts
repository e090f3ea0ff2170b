import { readFileIn, usingFd } from '../../host/index.ts';
import type { Process } from '../../runtime/index.ts';
import type { ReadInRoot } from '../spec/index.ts';

/** Reads files as a running container sees them; paths never lead out of its root. */
export function readInProcess(process: Process): ReadInRoot {
  return (path) => usingFd(process.openRoot(), (root) => readFileIn(root, path));
}
