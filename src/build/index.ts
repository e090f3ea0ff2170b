export { createBuilds } from './builds.ts';
export type * from './contract.ts';
export { BuildFailure } from './failure.ts';
