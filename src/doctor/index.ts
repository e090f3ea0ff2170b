export type * from './contract.ts';
export { examine } from './examine.ts';
export { thisHost } from './host.ts';
