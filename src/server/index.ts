export { createBackup } from './backup/backup.ts';
export type { Server, ServerTls, System } from './contract.ts';
export { createFsck } from './fsck/fsck.ts';
export { createMetrics, type Metrics, parseAddress as parseMetricsAddress } from './metrics/serve.ts';
export { createServer } from './server.ts';
export type { ShownSettings } from './system/settings.ts';
export { createSystem } from './system/system.ts';
