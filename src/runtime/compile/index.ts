export { cgroupWatches, compileLimits } from './cgroup.ts';
export { CLONE_NEW } from './constants.ts';
export { compileExec } from './exec.ts';
<<<<<<< HEAD
export { compileFirstHalf, compileLaunch, compileSecondHalf, networkSteps, rootPropagation } from './launch.ts';
=======
export { compileLaunch, networkSteps, rootPropagation } from './launch.ts';
export { cpuWeight } from './limits-v2.ts';
>>>>>>> main
export { idMap, makesNew } from './namespaces.ts';
