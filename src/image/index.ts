export { applyChanges } from './changes/apply-changes.ts';
export type * from './contract.ts';
export { createImages } from './images.ts';
export { type Compression, compressed } from './layers/compress.ts';
export { decompressed } from './layers/compression.ts';
export type { TransferLimits } from './transfer/downloads.ts';
