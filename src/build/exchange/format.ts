import { chainIds, type Descriptor } from '../../oci/index.ts';
import { digestOfParts } from '../graph/vertex.ts';

/** What a manifest's config is where the manifest is a cache: BuildKit's own format. */
export const cacheConfigType = 'application/vnd.buildkit.cacheconfig.v0';
/** The field of an image's config that holds the records of a cache whose layers are the image's. */
export const inlineField = 'moby.buildkit.cache.v0';
/** Says of a descriptor that it is the contents of a cache mount. */
export const mountAnnotation = 'tug.cache.mount';
export const diffIdAnnotation = 'containerd.io/uncompressed';

/** Layers and the records that lead to them, as BuildKit writes it; what only tug knows stands under `tug`. */
export interface CacheConfig {
  layers: CacheLayer[];
  records: CacheRecord[];
  tug?: { mounts: MountEntry[] };
}

export interface CacheLayer {
  blob: string;
  /** The place of the one below in the list; -1 without. */
  parent: number;
  annotations?: { mediaType?: string; diffID?: string; size?: number; createdAt?: string };
}

/** A step's outcome by the digest of its definition and of what went into it. */
export interface CacheRecord {
  digest: string;
  results?: { layer: number; createdAt?: string }[];
  /** An outcome of several layers, by their places, lowest first. */
  chains?: { layers: number[]; createdAt?: string }[];
  inputs?: { selector?: string; link: number }[][];
  tug?: RecordNote;
}

export interface RecordNote {
  description: string;
  /** What went into its key, with `base` as `portableBase` names it. */
  parts?: Record<string, string>;
}

/** The contents of a cache mount, as a tar. */
export interface MountEntry {
  name: string;
  blob: string;
}

/** A manifest or an index, as far as a cache is concerned. */
export interface CacheManifest {
  mediaType?: string;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

/** What a step stands on, called alike on every machine; undefined while layers of it have no digests. */
export function portableBase(layers: readonly string[]): string | undefined {
  if (layers.some((layer) => !layer.startsWith('sha256:'))) return undefined;
  return chainIds([...layers]).at(-1) ?? 'scratch';
}

/** The key of a step by what it has turned out to be made of, alike on every machine. */
export function portableKey(parts: Record<string, string>, layers: readonly string[]): string | undefined {
  const base = portableBase(layers);
  return base === undefined ? undefined : digestOfParts({ ...parts, base });
}
