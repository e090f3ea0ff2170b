export * from './parse.ts';
export * from './usage.ts';
export * as flag from './values.ts';
export { readInt } from './values.ts';
