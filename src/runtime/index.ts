export type * from './contract.ts';
export { startExitCode } from './process/failure.ts';
export { createRuntime } from './runtime.ts';
