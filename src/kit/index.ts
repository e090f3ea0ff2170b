export * from './crashpoint.ts';
export * from './damage.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './locks.ts';
export * from './log.ts';
export * from './system-words.ts';
export * from './topic.ts';
