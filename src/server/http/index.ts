export type { Body } from './body.ts';
export { type Exchange, serveConnection } from './connection.ts';
export { percentDecode, wrongEscape } from './percent.ts';
export { type Reply, reasonOf, type Sink } from './reply.ts';
