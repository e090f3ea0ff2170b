export type * from './contract.ts';
export { createNetworks, type NetworkOptions } from './networks.ts';
