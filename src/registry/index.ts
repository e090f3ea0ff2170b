export * from './contract.ts';
export { isTemporary } from './failure.ts';
export { createRegistry } from './registry.ts';
export * from './settings.ts';
