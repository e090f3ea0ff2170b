export type { ConfigChange } from './change/contract.ts';
export { createClock } from './clock.ts';
export type * from './contract.ts';
export { createContainers } from './create-containers.ts';
export type * from './files/contract.ts';
export type * from './secrets/contract.ts';
export { readSelinuxContexts } from './selinux/contexts.ts';
export { labelLayers } from './selinux/label-files.ts';
export { relabel } from './selinux/relabel.ts';
export type * from './snapshots/contract.ts';
export {
  createStepSpecs,
  discoveredDevices,
  type EngineDefaults,
  type HostFacts,
  readHostFacts,
} from './spec/index.ts';
