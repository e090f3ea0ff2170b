export * from './bodies.ts';
export * from './system.ts';
