export * from './bodies.ts';
export { parseJson } from './json.ts';
export * from './system.ts';
export * from './update.ts';
