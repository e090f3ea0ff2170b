export type * from './contract.ts';
export { createLogReader } from './read/reader.ts';
