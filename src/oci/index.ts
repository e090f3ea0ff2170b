export * from './digest.ts';
export * from './empty-config.ts';
export type * from './image-spec.ts';
export * from './media-types.ts';
export * from './platform.ts';
export * from './reference.ts';
export type * from './runtime-spec.ts';
export * from './tar/index.ts';
