export type * from './contract.ts';
export { createSnapshots } from './snapshots.ts';
