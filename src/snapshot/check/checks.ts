import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Containers } from '../containers/contract.ts';
import type { Snapshots } from '../contract.ts';
import type { Frozen } from '../frozen/frozen.ts';
import type { UnpackAside } from '../layers/apply-layer.ts';
import type { Layers } from '../layers/layers.ts';
import type { Discard } from '../places/discard.ts';
import type { Layout } from '../places/layout.ts';
import { createLayerChecks } from './check-layer.ts';
import { checkOrphans, checkPlaces, checkWritable } from './check-places.ts';

type Checks = Pick<Snapshots, 'check' | 'checkLayer' | 'replaceLayer' | 'checkContainer' | 'checkOrphans' | 'unpacked'>;

/** The checks of all that lies below the data root of snapshots. */
export function createChecks(at: {
  layout: Layout;
  layers: Layers;
  containers: Containers;
  frozen: Frozen;
  discard: Discard;
  unpackAside: UnpackAside;
  initLayer: (diffIds: string[], keys: string[]) => Promise<string>;
}): Checks {
  const { layout, layers, initLayer } = at;
  const { check, replace } = createLayerChecks(at);
  return {
    check: async function* () {
      yield* checkPlaces(at);
    },
    checkLayer: check,
    replaceLayer: replace,
    checkContainer: (id, stack) =>
      checkWritable(at, id, async () => {
        const keys = layers.need(stack);
        return [...keys, await initLayer(stack, keys)];
      }),
    checkOrphans: (known) => checkOrphans(at, known),
    unpacked: () =>
      layers
        .keys()
        .map((key) => ({ diffId: layers.record(key).diffId, at: statSync(join(layout.layers, key)).mtimeMs }))
        .filter(({ diffId }) => diffId !== ''),
  };
}
