export * from './contract.ts';
export { createRegistry } from './registry.ts';
export { isTemporary } from './session/failure.ts';
export * from './settings.ts';
