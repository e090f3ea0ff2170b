export type * from './contract.ts';
export { createLogs, type Logs } from './logs.ts';
export { attributesOf, goJson, sorted } from './options/attributes.ts';
export { type LogBounds, logBounds } from './options/bounds.ts';
export { checkLogOptions, isReadable, isShipped, logDrivers } from './options/check.ts';
export type { LogInfo } from './options/info.ts';
export { tagOf } from './options/tag.ts';
