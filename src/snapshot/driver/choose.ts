import { EngineError } from '../../kit/index.ts';
import { createBtrfs } from './btrfs.ts';
import type { Driver } from './driver.ts';
import { overlay } from './overlay.ts';
import { vfs } from './vfs.ts';
import { createZfs } from './zfs.ts';

/** The driver of that name (overlay unless one is asked for) on the data root; one that cannot be used here is refused with the way out. */
export function chooseDriver(name: string | undefined, root: string): Driver {
  if (name === undefined || name === '' || name === 'overlay2' || name === 'overlay') return overlay;
  if (name === 'vfs') return vfs;
  if (name === 'btrfs') return createBtrfs(root);
  if (name === 'zfs') return createZfs(root);
  const way = `save the images ("docker save") and export the containers with the engine that has them, and load them here with overlay2`;
  if (name === 'aufs' || name === 'devicemapper') {
    throw new EngineError('invalid', `storage-driver ${name}: kernels and Docker no longer have it; ${way}`);
  }
  throw new EngineError('invalid', `error initializing graphdriver: driver not supported: ${name}`);
}
