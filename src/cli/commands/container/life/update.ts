import type { ContainerUpdateResponse } from '../../../../api/index.ts';
import { command } from '../../../command.ts';
import { parsePorts } from '../../../create/network/ports.ts';
import { restartPolicy } from '../../../create/restart.ts';
import { bytes, cpus, swapBytes } from '../../../create/values/values.ts';
import { errorText } from '../../../error-text.ts';
import { flag, type Values } from '../../../flags/index.ts';

const flags = {
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
  // Docker has no such flags, and its help is ours.
  'publish-add': { ...flag.list("Publish one more of the container's ports to the host"), hidden: true },
  'publish-rm': { ...flag.list('Publish a port no longer'), hidden: true },
  restart: flag.string('Restart policy to apply when a container exits'),
};

export const update = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Update configuration of one or more containers',
  aliases: ['container update', 'update'],
  flags,
  arity: { atLeast: 1 },
  async run({ client, out }, { flags, given, args }) {
    if (given.size === 0) throw new Error('you must provide one or more flags when using this command');
    const body = { ...resourcesOf(flags), RestartPolicy: restartPolicy(flags.restart) };
    const ports = portsOf(flags);
    const onlyPorts = [...given].every((name) => name.startsWith('publish-'));
    const warnings: string[] = [];
    const faults: string[] = [];
    for (const name of args) {
      try {
        const path = `/containers/${encodeURIComponent(name)}/update`;
        if (ports)
          await client.json({ method: 'POST', path: `/tug/containers/${encodeURIComponent(name)}/ports`, body: ports });
        const { Warnings } = onlyPorts
          ? { Warnings: [] }
          : await client.json<ContainerUpdateResponse>({ method: 'POST', path, body });
        await out.line(name);
        warnings.push(...(Warnings ?? []));
      } catch (error) {
        faults.push(errorText(error));
      }
    }
    for (const warning of warnings) await out.line(warning);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    return 0;
  },
});

function portsOf(values: Values<typeof flags>): object | undefined {
  const [add, remove] = [values['publish-add'], values['publish-rm']];
  if (add.length === 0 && remove.length === 0) return undefined;
  return { Publish: parsePorts(add, []).bindings, Unpublish: parsePorts(remove, []).bindings };
}

function resourcesOf(values: Values<typeof flags>): object {
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
