export type * from './contract.ts';
export { startExitCode } from './process/failure.ts';
export { livingIn } from './process/living.ts';
export { createRuntime } from './runtime.ts';
