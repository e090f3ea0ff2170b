export * from './address.ts';
export * from './client.ts';
export * from './errors.ts';
export type { ByteStream } from './stream.ts';
