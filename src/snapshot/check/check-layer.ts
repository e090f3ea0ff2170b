import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashpoint } from '../../kit/index.ts';
import type { LayerTar } from '../contract.ts';
import type { UnpackAside } from '../layers/apply-layer.ts';
import type { Layers } from '../layers/layers.ts';
import type { Discard } from '../places/discard.ts';
import type { Layout } from '../places/layout.ts';
import { sealOf } from './seal.ts';

/** Compares layers' trees with what their tars say, and puts new trees in the place of damaged ones. */
export interface LayerChecks {
  /** See Snapshots.checkLayer. */
  check(layer: LayerTar, options: { full: boolean }): Promise<string | undefined>;
  /** See Snapshots.replaceLayer. */
  replace(layer: LayerTar): Promise<void>;
}

/**
 * A tree that was once found to be what its tar unpacks to is sealed: the digest of its names, sizes, times and so on lies beside it,
 * and the next check need not read the tar.
 */
export function createLayerChecks(at: {
  layout: Layout;
  layers: Layers;
  discard: Discard;
  unpackAside: UnpackAside;
}): LayerChecks {
  const { layout, layers, discard, unpackAside } = at;
  const keyOf = ({ parents, diffId = '' }: LayerTar) => layers.need([...parents, diffId]).at(-1) ?? '';

  async function compare(layer: LayerTar, tree: string, contents: boolean): Promise<boolean> {
    const fresh = await unpackAside(layer);
    try {
      const [one, other] = [tree, join(fresh.directory, 'diff')].map((path) => sealOf(path, { contents }));
      return (await one) === (await other);
    } finally {
      fresh.close();
      discard(fresh.directory);
    }
  }

  return {
    async check(layer, { full }) {
      const home = join(layout.layers, keyOf(layer));
      const tree = join(home, 'diff');
      const known = full ? undefined : readSeal(home);
      const now = await sealOf(tree, { contents: false });
      if (known !== undefined) return known === now ? undefined : 'its files are not those that were unpacked';
      if (!(await compare(layer, tree, full))) return 'its files are not those of its archive';
      writeSeal(home, now);
      return undefined;
    },
    async replace(layer) {
      const fresh = await unpackAside(layer);
      try {
        layers.remove(keyOf(layer));
        layers.enter(fresh.directory, fresh.key, fresh.record);
      } catch (error) {
        discard(fresh.directory);
        throw error;
      } finally {
        fresh.close();
      }
    },
  };
}

function readSeal(home: string): string | undefined {
  try {
    return readFileSync(join(home, 'seal'), 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeSeal(home: string, seal: string): void {
  writeFileSync(join(home, 'seal.new'), seal);
  renameSync(join(home, 'seal.new'), join(home, 'seal'));
  crashpoint('snapshot.layer.sealed');
}
