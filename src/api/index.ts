export * from './frames.ts';
export * from './moment.ts';
export * from './types.ts';
export * from './versions.ts';
