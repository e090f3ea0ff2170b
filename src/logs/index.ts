export type * from './contract.ts';
export { formatEntry } from './format.ts';
export { createLogReader } from './reader.ts';
