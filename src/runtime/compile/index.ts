export { cgroupWatches, compileLimits } from './cgroup.ts';
export { CLONE_NEW } from './constants.ts';
export { compileExec } from './exec.ts';
export { compileFirstHalf, compileLaunch, compileSecondHalf, networkSteps, rootPropagation } from './launch.ts';
export { cpuWeight } from './limits-v2.ts';
export { idMap, makesNew } from './namespaces.ts';
