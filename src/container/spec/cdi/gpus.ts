import type { HostConfig } from '../../../api/index.ts';
import { EngineError } from '../../../kit/index.ts';

type DeviceRequest = NonNullable<HostConfig['DeviceRequests']>[number];

/**
 * The devices that a request for GPUs (`--gpus`) means among those that files describe: those of the class `gpu`, of the vendor that
 * the driver names or of the only one there is. undefined where it is no such request, or there are none.
 */
export function gpuNames(request: DeviceRequest, known: Iterable<string>): string[] | undefined {
  const { Driver = '', Count = 0, DeviceIDs, Capabilities } = request;
  const wanted = (Capabilities ?? []).some((set) => set.includes('gpu'));
  if (!wanted) return undefined;
  const kinds = Map.groupBy([...known].filter(isGpu), kindOf);
  const kind = [...kinds.keys()].find((one) => Driver === '' || one.startsWith(`${Driver}.`));
  if (kind === undefined || (Driver === '' && kinds.size > 1)) return undefined;
  const names = (kinds.get(kind) ?? []).map((name) => name.slice(kind.length + 1));
  return chosen(names, { Count, ids: DeviceIDs ?? [] }).map((name) => `${kind}=${name}`);
}

const isGpu = (name: string): boolean => /^[^/]+\/gpu=/.test(name);
const kindOf = (name: string): string => name.slice(0, name.indexOf('='));

function chosen(names: string[], { Count, ids }: { Count: number; ids: string[] }): string[] {
  if (ids.length > 0) return ids;
  const each = names.filter((name) => name !== 'all');
  if (Count < 0) return names.includes('all') ? ['all'] : each;
  // A device may be described by its number and by its UUID.
  const numbered = each.filter((name) => /^\d+$/.test(name)).toSorted((one, other) => Number(one) - Number(other));
  const countable = numbered.length > 0 ? numbered : each;
  if (countable.length < Count) {
    throw new EngineError(
      'internal',
      `CDI device injection failed: ${Count} GPUs were asked for, and there are ${countable.length}`,
    );
  }
  return countable.slice(0, Count);
}
