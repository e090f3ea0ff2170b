import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { isBtrfs, makeSubvolume, removeSubvolume, SystemError, snapshotSubvolume } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Driver } from './driver.ts';

/** Each tree is a subvolume, and a clone is a snapshot: it takes no time and no room. `root` must be on btrfs. */
export function createBtrfs(root: string): Driver {
  if (!isBtrfs(root)) {
    throw new EngineError(
      'invalid',
      `storage-driver btrfs: ${root} is not on a btrfs file system: prerequisites not met`,
    );
  }
  return {
    name: 'btrfs',
    whole: true,
    make(path) {
      makeSubvolume(path);
      chmodSync(path, 0o755);
    },
    clone: async (from, to) => snapshotSubvolume(from, to),
    async free(path) {
      try {
        removeSubvolume(join(path, 'diff'));
      } catch (error) {
        // It has none, or a subvolume that was made in it: whatever is left goes file by file.
        if (!(error instanceof SystemError && ['ENOENT', 'ENOTDIR', 'EINVAL', 'ENOTEMPTY'].includes(error.code)))
          throw error;
      }
    },
  };
}
