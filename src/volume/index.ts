export type * from './contract.ts';
export { createVolumes } from './volumes.ts';
