export type * from './image-spec.ts';
export type * from './runtime-spec.ts';
