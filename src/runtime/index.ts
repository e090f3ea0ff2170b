export type * from './contract.ts';
export { startExitCode } from './process/failure.ts';
export { createRuntime, type RuntimeOptions } from './runtime.ts';
