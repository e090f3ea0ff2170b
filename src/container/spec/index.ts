export * from './adapt.ts';
export { buildSpec } from './build-spec.ts';
export { checkExecUser, execProcess } from './exec-process.ts';
export { type HostFacts, readHostFacts } from './facts.ts';
export { mergeConfig } from './merge.ts';
export { type MountPoint, resolveMountPoints } from './mount-points.ts';
export type { JoinedNamespaces } from './namespaces.ts';
export type { ReadInRoot } from './users.ts';
export { signalNumber, validate } from './validate.ts';
