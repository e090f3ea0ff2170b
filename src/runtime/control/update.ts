import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { CgroupParent, Cgroups } from '../../host/index.ts';
import { EngineError, explainSystemError, messageOf } from '../../kit/index.ts';
import type { SpecResources } from '../../oci/index.ts';
import { compileLimits } from '../compile/index.ts';

interface Write {
  path: string;
  value: string;
}

/**
 * Gives a living cgroup other limits; what `resources` does not name stays, devices too. All or nothing: what was written before
 * a refusal is taken back, and the error names file and value.
 */
export function updateLimits(
  cgroups: Cgroups,
  cgroup: string,
  limits: { resources: SpecResources; parent: CgroupParent },
) {
  const steps = compileLimits({ ...limits.resources, devices: [] }, cgroup, { cgroups, parent: limits.parent });
  const { cpus, mems } = limits.resources.cpu ?? {};
  // A new cgroup gets its parent's processors first of all; a living one has some.
  const stays = new Set(['cpuset.cpus', 'cpuset.mems'].filter((_, at) => (at === 0 ? cpus : mems) === undefined));
  const writes = steps.flatMap((step): Write[] =>
    step.op === 'write' && !isDevices(step.path) && !stays.has(basename(step.path)) ? [step] : [],
  );
  const before: Write[] = [];
  for (const { path, value } of inOrder(writes)) {
    try {
      const old = readFileSync(path, 'utf8').trim();
      writeFileSync(path, value, { flag: 'r+' });
      before.unshift({ path, value: old });
    } catch (error) {
      takeBack(before);
      const words = messageOf(explainSystemError(error, path));
      throw new EngineError('internal', `failed to write ${JSON.stringify(value)}: ${words}`, error);
    }
  }
}

const isDevices = (path: string): boolean => basename(path).startsWith('devices.');

function takeBack(before: Write[]): void {
  for (const { path, value } of before) writeFileSync(path, value, { flag: 'r+' });
}

const memory = 'memory.limit_in_bytes';
const both = 'memory.memsw.limit_in_bytes';

/** v1 refuses memory above memory and swap at every moment: whichever grows goes first. */
function inOrder(writes: Write[]): Write[] {
  const [limit, swap] = [memory, both].map((name) => writes.find(({ path }) => basename(path) === name));
  if (!limit || !swap) return writes;
  const present = BigInt(readFileSync(swap.path, 'utf8').trim());
  const grows = limit.value === '-1' || BigInt(limit.value) > present;
  const pair = grows ? [swap, limit] : [limit, swap];
  const others = writes.filter((write) => write !== limit && write !== swap);
  return [...others, ...pair];
}
