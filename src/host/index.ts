export * from './errno.ts';
export * from './file-entries.ts';
export type { Path } from './file-path.ts';
export * from './file-status.ts';
export * from './file-tree.ts';
export * from './files.ts';
export * from './mount.ts';
export * from './syscall.ts';
export type { SyscallName } from './syscall-numbers.ts';
