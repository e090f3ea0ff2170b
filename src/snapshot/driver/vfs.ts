import { mkdirSync } from 'node:fs';
import { copyTree } from './copy-tree.ts';
import type { Driver } from './driver.ts';

/** Whole copies, for any file system: slow, and every container costs its image's size, or little where the disk has reflinks. */
export const vfs: Driver = {
  name: 'vfs',
  whole: true,
  make: (path) => mkdirSync(path, { mode: 0o755 }),
  clone: copyTree,
  free: async () => undefined,
};
