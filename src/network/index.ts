export type * from './contract.ts';
export { createNetworks } from './networks.ts';
