export { compileExec, type ExecInput } from './exec.ts';
export { compileLaunch, type LaunchInput } from './launch.ts';
export type { SeccompCompiler } from './privileges.ts';
