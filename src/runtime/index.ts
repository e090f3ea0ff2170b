export type * from './contract.ts';
export { drain } from './process/drain.ts';
export { startExitCode } from './process/failure.ts';
export { livingIn } from './process/living.ts';
export { createRuntime } from './runtime.ts';
