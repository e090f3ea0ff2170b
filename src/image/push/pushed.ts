import type { RepositoryName } from '../../registry/index.ts';
import type { Collection, Store, Tx } from '../../store/index.ts';
import { imagesIn, namesOf } from '../records/records.ts';

/** What a plain layer's bytes became when they were compressed for a registry. */
interface Compressed {
  digest: string;
  size: number;
}

const compressed: Collection<Compressed> = { name: 'compressed_layers', indexes: {} };

/** What is known of layers in registries. */
export interface PushedLayers {
  /** The compressed form of a plain layer, if it was made before. */
  compressedOf(blob: string): Compressed | undefined;
  keep(blob: string, form: Compressed): void;
  /** Repositories of that registry which have the blob, as far as images here tell; not the one itself. */
  holders(digest: string, name: RepositoryName): string[];
}

export function createPushedLayers(store: Store): PushedLayers {
  return {
    compressedOf: (blob) => store.view((tx) => tx.collection(compressed).get(blob)),
    keep: (blob, form) => store.note((tx) => tx.collection(compressed).put(blob, form)),
    holders: (digest, { domain, path }) =>
      store.view((tx) => {
        const paths = imagesIn(tx)
          .all()
          .filter(({ document }) => document.blobs.some((blob) => formOf(tx, blob) === digest))
          .flatMap(({ id }) => namesOf(tx, id))
          .filter((name) => name.digest !== undefined && name.domain === domain && name.path !== path)
          .map((name) => name.path);
        return [...new Set(paths)];
      }),
  };
}

function formOf(tx: Tx, blob: string): string {
  return tx.collection(compressed).get(blob)?.digest ?? blob;
}
