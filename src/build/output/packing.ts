import { crashpoint } from '../../kit/index.ts';
import type { StagedBlob } from '../../store/index.ts';
import type { Context } from '../context.ts';

/** Layers of a build's outcome on their way to blobs. */
export interface Packing {
  /** The bytes of a stack's topmost layer, which are made once. */
  stage(stack: string[]): Promise<StagedBlob>;
  /** Takes away what was not kept. */
  close(): Promise<void>;
}

export function createPacking({ snapshots, store }: Pick<Context, 'snapshots' | 'store'>): Packing {
  const all = new Map<string, Promise<StagedBlob>>();
  const begin = async (stack: string[]): Promise<StagedBlob> => {
    const staged = await store.blobs.stage(snapshots.packLayer(stack));
    crashpoint('build.packed');
    return staged;
  };
  return {
    stage(stack) {
      const name = stack.at(-1) ?? '';
      const known = all.get(name);
      if (known) return known;
      const staged = begin(stack);
      staged.catch(() => undefined);
      all.set(name, staged);
      return staged;
    },
    async close() {
      for (const staged of all.values()) {
        const blob = await staged.catch(() => undefined);
        await blob?.drop();
      }
    },
  };
}
