export * from './bodies.ts';
export * from './system.ts';
export * from './update.ts';
