export { compileExec } from './exec.ts';
export { compileLaunch } from './launch.ts';
export { makesNew } from './namespaces.ts';
