export { createClock } from './clock.ts';
export type { ContainerDependencies } from './context.ts';
export type * from './contract.ts';
export { createContainers } from './create-containers.ts';
export { type HostFacts, readHostFacts } from './spec/index.ts';
