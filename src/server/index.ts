export type { Backends, Events, Server, System } from './contract.ts';
export { createServer } from './server.ts';
export { createSystem, type SystemOptions } from './system/system.ts';
