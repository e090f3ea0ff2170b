import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where things lie under the data root. Only root may enter: the trees hold setuid programs and device nodes of images.
 * `links` has a short symlink for each layer, by which overlays name it: kernels before 6.7 take all of them in one text.
 */
export interface Layout {
  base: string;
  links: string;
  /** An empty directory: the kernel has no overlay of a single one. */
  empty: string;
  layers: string;
  containers: string;
  /** What writable layers once were: a directory for each container, and in it one for each name. */
  frozen: string;
  /** Layers that are being unpacked, and what is being removed; both are on the same file system and emptied at a start. */
  incoming: string;
  doomed: string;
  /** On directories of it kernels before 6.13 have layers or an overlay of many attached for the moment of a mount. */
  attached: string;
  /** What the names begin with that this life of the engine gives in `incoming`. */
  life: string;
}

export function createLayout(dataRoot: string, driver: string): Layout {
  const base = join(dataRoot, driver);
  const directories = {
    base,
    links: join(base, 'l'),
    empty: join(base, 'empty'),
    layers: join(base, 'layers'),
    containers: join(base, 'containers'),
    frozen: join(base, 'frozen'),
    incoming: join(base, 'incoming'),
    doomed: join(base, 'doomed'),
    attached: join(base, 'attached'),
  };
  for (const dir of Object.values(directories)) mkdirSync(dir, { recursive: true, mode: 0o700 });
  return { ...directories, life: randomBytes(4).toString('hex') };
}

/** Where an overlay of layers is made: by their names in `links`, and on a path of `attached` where the kernel wants one. */
export const overlayPlaces = ({ links }: Layout) => ({ base: links, attachAt: '../attached' });

/** A name nobody else has, in `incoming` or `doomed`. */
export function scratchIn({ life }: Layout, dir: string): string {
  return join(dir, `${life}${randomBytes(8).toString('hex')}`);
}

/** Whether this life of the engine is making that. */
export function isOwnScratch({ life }: Layout, name: string): boolean {
  return name.startsWith(life);
}
