export { cgroupWatches, compileLimits } from './cgroup/cgroup.ts';
export { cpuWeight } from './cgroup/limits-v2.ts';
export { CLONE_NEW } from './constants.ts';
export { compileExec } from './exec.ts';
export { hooksConfig } from './hooks.ts';
export { compileFirstHalf, compileLaunch, compileSecondHalf, networkSteps, rootPropagation } from './launch.ts';
export { idMap, makesNew } from './namespaces.ts';
