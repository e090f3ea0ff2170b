export type * from './build.ts';
export * from './build-session.ts';
export * from './frames.ts';
export * from './given.ts';
export * from './moment.ts';
export * from './progress.ts';
export * from './size.ts';
export * from './types.ts';
export * from './versions.ts';
