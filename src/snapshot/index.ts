export { hostId, type IdMapping, idMaps } from './containers/owners.ts';
export type * from './contract.ts';
export { type HandOver, packTree } from './pack/pack-tree.ts';
export type { Spot } from './pack/tree-entries.ts';
export { createSnapshots } from './snapshots.ts';
export { setAttributes } from './unpack/attributes.ts';
export { makeEntry } from './unpack/make-entry.ts';
export type { Fill } from './unpack/make-file.ts';
