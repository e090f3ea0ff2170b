import type { Containers } from '../containers/contract.ts';
import type { Layers } from './layers.ts';

/** Layers nobody wants any more; they go once no container stands on them. */
export interface Unwanted {
  add(key: string): void;
  /** Somebody wants them again. */
  want(keys: string[]): string[];
  /** Removes those that no container needs. */
  drop(): void;
}

export function createUnwanted(layers: Layers, containers: Containers): Unwanted {
  const unwanted = new Set<string>();
  return {
    add: (key) => void unwanted.add(key),
    want(keys) {
      for (const key of keys) unwanted.delete(key);
      return keys;
    },
    drop() {
      if (unwanted.size === 0) return;
      const used = new Set(containers.ids().flatMap((id) => containers.keys(id)));
      for (const key of unwanted) {
        if (used.has(key)) continue;
        unwanted.delete(key);
        layers.remove(key);
      }
    },
  };
}
