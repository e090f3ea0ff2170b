export { createClock } from './clock.ts';
export type * from './contract.ts';
export { createContainers } from './create-containers.ts';
export { readHostFacts } from './spec/index.ts';
