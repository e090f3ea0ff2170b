/** Docker's warning about what this kernel cannot limit, and what became of it. */
export const noKernel = (what: string, then: string): string =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${then}`;
