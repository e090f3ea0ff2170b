export type * from './contract.ts';
export { createPlugins } from './plugins.ts';
