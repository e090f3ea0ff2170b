import type { ContainerUpdateResponse, HostConfig } from '../../api/index.ts';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { UpdateRequest } from '../contract.ts';
import { resolve } from '../lookup.ts';
import { changeRow, getRow } from '../row.ts';
import { checkRestartPolicy, updatedResources, validateUpdate } from '../spec/index.ts';
import { controlOf } from './pause.ts';

/**
 * See Containers.update. The limits change first and are written down then: an engine that is killed in between leaves a
 * container that has the new ones until its end.
 */
export async function update(
  context: Context,
  reference: string,
  request: UpdateRequest,
): Promise<ContainerUpdateResponse> {
  const asked: UpdateRequest = structuredClone(request);
  const warnings = validateUpdate(asked, context.facts);
  checkRestartPolicy(asked);
  const { id } = resolve(context.store, reference);
  await context.locks.run(id, async () => {
    try {
      apply(context, id, asked);
    } catch (error) {
      // What only the runtime finds to be invalid is a failure for Docker.
      const kind = error instanceof EngineError && error.kind !== 'invalid' ? error.kind : 'internal';
      throw new EngineError(kind, `Cannot update container ${id}: ${messageOf(error)}`, error);
    }
  });
  return { Warnings: (warnings.length > 0 ? warnings : null) as string[] };
}

function apply(context: Context, id: string, asked: UpdateRequest): void {
  const before = getRow(context.store, id);
  const hostConfig = merge(before.hostConfig, asked);
  const run = context.runs.get(id);
  if (run) controlOf(run).update(updatedResources(hostConfig));
  crashpoint('container.limitsChanged');
  try {
    const row = changeRow(context.store, id, { hostConfig });
    crashpoint('container.updated');
    context.events.publish(row, 'update');
  } catch (error) {
    if (run) controlOf(run).update(updatedResources(before.hostConfig));
    throw error;
  }
}

const conflict = (message: string): EngineError => new EngineError('conflict', message);

/** What is asked for over what is; absent, 0 and empty leave it. Contradictions are refused in Docker's words. */
function merge(present: HostConfig, asked: UpdateRequest): HostConfig {
  refuseMixedCpu(present, asked);
  const { Memory = 0, MemorySwap = 0, PidsLimit, RestartPolicy } = asked;
  if (Memory !== 0 && Memory > (present.MemorySwap ?? 0) && MemorySwap === 0) {
    throw conflict(
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
  }
  const merged: HostConfig = { ...present };
  for (const field of fields) if (asked[field]) Object.assign(merged, { [field]: asked[field] });
  // Docker keeps 0, and nothing below it, for a number of processes without a limit.
  if (typeof PidsLimit === 'number') merged.PidsLimit = Math.max(PidsLimit, 0);
  if (RestartPolicy?.Name) {
    if (present.AutoRemove && RestartPolicy.Name !== 'no') {
      throw conflict('Restart policy cannot be updated because AutoRemove is enabled for the container');
    }
    merged.RestartPolicy = { MaximumRetryCount: 0, ...RestartPolicy };
  }
  return merged;
}

const fields = [
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpuShares',
  'CpusetCpus',
  'CpusetMems',
  'KernelMemory',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'NanoCpus',
] as const;

const set = (value: number | undefined): boolean => (value ?? 0) > 0;

const mixed = (what: string, already: string): EngineError =>
  conflict(`Conflicting options: ${what} cannot be updated as ${already} has already been set`);

function refuseMixedCpu(present: HostConfig, asked: UpdateRequest): void {
  if (set(asked.NanoCpus) && set(present.CpuPeriod)) throw mixed('Nano CPUs', 'CPU Period');
  if (set(asked.NanoCpus) && set(present.CpuQuota)) throw mixed('Nano CPUs', 'CPU Quota');
  if (set(asked.CpuPeriod) && set(present.NanoCpus)) throw mixed('CPU Period', 'NanoCPUs');
  if (set(asked.CpuQuota) && set(present.NanoCpus)) throw mixed('CPU Quota', 'NanoCPUs');
}
