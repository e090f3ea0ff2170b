const profile = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: ['SCMP_ARCH_X86_64'],
  syscalls: [
    { name: 'mkdir', action: 'SCMP_ACT_ERRNO', errnoRet: 5, args: [] },
    { names: ['rmdir'], action: 'SCMP_ACT_ERRNO', includes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['unlink'], action: 'SCMP_ACT_ERRNO', excludes: { minKernel: '4.8' } },
    { names: ['chmod'], action: 'SCMP_ACT_ERRNO', includes: { arches: ['amd64', 'arm64'], minKernel: '4.8' } },
  ],
});
const conditional = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
  syscalls: [
    { names: ['mknod', 'mknodat'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
    {
      names: ['chown', 'lchown', 'fchownat'],
      action: 'SCMP_ACT_ERRNO',
      args: [{ index: 1, value: 5, op: 'SCMP_CMP_EQ' }],
    },
  ],
});
const security = (...SecurityOpt: string[]) => ({ host: { SecurityOpt } });

/** Profiles, for the comparisons of test/system/option-sets.ts. */
export const seccompSets = {
  'seccomp unconfined': security('seccomp=unconfined'),
  'seccomp unconfined, spelled as of old': security('seccomp:unconfined'),
  'built-in seccomp by name': security('seccomp=builtin'),
  'a profile of its own': security(`seccomp=${profile}`),
  'a profile of its own, privileged': { host: { Privileged: true, SecurityOpt: [`seccomp=${profile}`] } },
  'a profile with conditions': security(`seccomp=${conditional}`),
  'an empty profile': security('seccomp={}'),
  'a profile of its own, no new privileges': security(`seccomp=${profile}`, 'no-new-privileges'),
};
