export type * from './contract.ts';
export { createMemoryStore, createStore } from './store.ts';
