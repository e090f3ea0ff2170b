export * from './parse.ts';
export * from './usage.ts';
export * as flag from './values.ts';
export { readBool, readInt } from './values.ts';
