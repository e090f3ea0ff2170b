import { closeSync, constants, openSync } from 'node:fs';
import { readFileIn } from '../host/index.ts';
import type { ReadInRoot } from './spec/index.ts';

/** Reads files as a running process sees them; paths never lead out of its root. */
export function readInProcess(pid: number): ReadInRoot {
  return (path) => {
    const root = openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return readFileIn(root, path);
    } finally {
      closeSync(root);
    }
  };
}
