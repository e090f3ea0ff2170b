export * from './errno.ts';
export * from './syscall.ts';
export type { SyscallName } from './syscall-numbers.ts';
