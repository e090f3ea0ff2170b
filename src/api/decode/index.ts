export * from './bodies.ts';
export { type Json, parseJson } from './json.ts';
export { decodeSeccomp } from './seccomp.ts';
export * from './system.ts';
export * from './update.ts';
