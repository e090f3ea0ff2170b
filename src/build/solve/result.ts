import type { CachedLayer } from '../cache/records.ts';

/** A file system that a build has come to. */
export interface Result {
  /** Its record in the cache; absent for nothing at all (`scratch`). */
  record?: string;
  /** All layers, lowest first. */
  stack: CachedLayer[];
  /** Digest of what it is made of: equal ones have equal files. */
  key: string;
}

export const layersOf = ({ stack }: Result): string[] => stack.map(({ layer }) => layer);
