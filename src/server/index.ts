export type { Server, ServerTls } from './contract.ts';
export { createFsck } from './fsck/fsck.ts';
export { createServer } from './server.ts';
export { createSystem } from './system/system.ts';
