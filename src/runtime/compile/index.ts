export { compileExec } from './exec.ts';
export { compileLaunch } from './launch.ts';
