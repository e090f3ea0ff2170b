export * from './crashpoint.ts';
export * from './damage.ts';
export * from './errors.ts';
export { createHasher, type Hasher, type Hashing } from './hash/hasher.ts';
export * from './ids.ts';
export * from './locks.ts';
export * from './log.ts';
export * from './system-words.ts';
export * from './topic.ts';
