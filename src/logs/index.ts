export type * from './contract.ts';
export { createLogReader } from './reader.ts';
