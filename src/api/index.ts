export * from './frames.ts';
export * from './types.ts';
export * from './versions.ts';
