import type { ContainerUpdateResponse } from '../../../../api/index.ts';
import { command } from '../../../command.ts';
import { restartPolicy } from '../../../create/restart.ts';
import { bytes, cpus, swapBytes } from '../../../create/values/values.ts';
import { errorText } from '../../../error-text.ts';
import { flag, type Values } from '../../../flags/index.ts';
import { type OwnRequest, ownFlags, ownRequests } from './update-own.ts';

const table = {
  'blkio-weight': flag.uint('Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)', 16),
  'cpu-period': flag.int('Limit CPU CFS (Completely Fair Scheduler) period'),
  'cpu-quota': flag.int('Limit CPU CFS (Completely Fair Scheduler) quota'),
  'cpu-rt-period': flag.int('Limit the CPU real-time period in microseconds'),
  'cpu-rt-runtime': flag.int('Limit the CPU real-time runtime in microseconds'),
  'cpu-shares': flag.int('CPU shares (relative weight)', { short: 'c' }),
  cpus: cpus('Number of CPUs'),
  'cpuset-cpus': flag.string('CPUs in which to allow execution (0-3, 0,1)'),
  'cpuset-mems': flag.string('MEMs in which to allow execution (0-3, 0,1)'),
  'kernel-memory': { ...bytes('Kernel memory limit (deprecated)'), hidden: true },
  memory: bytes('Memory limit', { short: 'm' }),
  'memory-reservation': bytes('Memory soft limit'),
  'memory-swap': swapBytes('Swap limit equal to memory plus swap: -1 to enable unlimited swap'),
  'pids-limit': flag.int('Tune container pids limit (set -1 for unlimited)'),
  restart: flag.string('Restart policy to apply when a container exits'),
  ...ownFlags,
};

export const update = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Update configuration of one or more containers',
  aliases: ['container update', 'update'],
  flags: table,
  arity: { atLeast: 1 },
  async run({ client, env, out }, { flags, given, args }) {
    if (given.size === 0) throw new Error('you must provide one or more flags when using this command');
    const wanted = requestsOf(flags, given, env);
    const warnings: string[] = [];
    const faults: string[] = [];
    for (const name of args) {
      try {
        for (const { path, body } of wanted) {
          const full = path.replace('{name}', encodeURIComponent(name));
          const { Warnings } = await client.json<ContainerUpdateResponse>({ method: 'POST', path: full, body });
          warnings.push(...(Warnings ?? []));
        }
        await out.line(name);
      } catch (error) {
        faults.push(errorText(error));
      }
    }
    for (const warning of warnings) await out.line(warning);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    return 0;
  },
});

/** What is asked of the engine for each container, in this order. */
function requestsOf(
  flags: Values<typeof table>,
  given: Set<string>,
  env: Record<string, string | undefined>,
): OwnRequest[] {
  const own = ownRequests(flags, env);
  if ([...given].every((name) => name in ownFlags)) return own;
  const body = { ...resourcesOf(flags), RestartPolicy: restartPolicy(flags.restart) };
  return [...own, { path: '/containers/{name}/update', body }];
}

function resourcesOf(values: Values<typeof table>): object {
  return {
    BlkioWeight: values['blkio-weight'],
    CpuPeriod: values['cpu-period'],
    CpuQuota: values['cpu-quota'],
    CpuRealtimePeriod: values['cpu-rt-period'],
    CpuRealtimeRuntime: values['cpu-rt-runtime'],
    CpuShares: values['cpu-shares'],
    NanoCpus: values.cpus,
    CpusetCpus: values['cpuset-cpus'],
    CpusetMems: values['cpuset-mems'],
    KernelMemory: values['kernel-memory'],
    Memory: values.memory,
    MemoryReservation: values['memory-reservation'],
    MemorySwap: values['memory-swap'],
    ...(values['pids-limit'] === 0 ? {} : { PidsLimit: values['pids-limit'] }),
  };
}
