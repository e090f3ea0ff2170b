export * from './contract.ts';
export { createRegistry } from './registry.ts';
