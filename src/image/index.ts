export type * from './contract.ts';
export { createImages } from './images.ts';
