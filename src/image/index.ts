export { applyChanges } from './changes/apply-changes.ts';
export { decompressed } from './compression.ts';
export type * from './contract.ts';
export { createImages } from './images.ts';
export type { TransferLimits } from './transfer/downloads.ts';
