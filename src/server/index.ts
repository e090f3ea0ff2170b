export { createServer } from './server.ts';
export { createSystem } from './system/system.ts';
