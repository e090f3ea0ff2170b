import type { ContainerStatsResponse } from '../../../../../api/index.ts';
import { binarySize, listSize } from '../../../../format/bytes.ts';
import type { Listing, Row } from '../../../../format/table.ts';
import { displayId } from '../../../../format/text.ts';

/** How `stats` looks. */
export const statsListing: Listing = {
  headers: {
    BlockIO: 'BLOCK I/O',
    CPUPerc: 'CPU %',
    Container: 'CONTAINER',
    ID: 'CONTAINER ID',
    MemPerc: 'MEM %',
    MemUsage: 'MEM USAGE / LIMIT',
    Name: 'NAME',
    NetIO: 'NET I/O',
    PIDs: 'PIDS',
  },
  table: '{{.ID}}\\t{{.Name}}\\t{{.CPUPerc}}\\t{{.MemUsage}}\\t{{.MemPerc}}\\t{{.NetIO}}\\t{{.BlockIO}}\\t{{.PIDs}}',
  quiet: '{{.ID}}',
  typeName: '*container.statsContext',
};

/** One container's line; without a reading it is made of dashes. `asked` is the name or id it was asked for by. */
export function statsRow(
  asked: string,
  reading: ContainerStatsResponse | undefined,
  { isWhole, isValid }: { isWhole: boolean; isValid: boolean },
): Row {
  const measured = (text: (reading: ContainerStatsResponse) => string, otherwise = '--') =>
    reading && isValid ? text(reading) : otherwise;
  const name = reading?.name ?? '';
  return {
    BlockIO: measured(blockText),
    CPUPerc: measured((one) => percent(cpuShare(one))),
    Container: asked,
    ID: displayId(reading?.id ?? '', isWhole),
    MemPerc: measured((one) => percent(memoryShare(one))),
    MemUsage: measured((one) => `${binarySize(memoryUsed(one))} / ${binarySize(memoryLimit(one))}`, '-- / --'),
    Name: name.length > 1 ? name.slice(1) : '--',
    NetIO: measured(networkText),
    PIDs: measured((one) => String(one.pids_stats?.current ?? 0)),
  };
}

function percent(share: number): string {
  return `${share.toFixed(2)}%`;
}

/** How much of one CPU was used between the two readings that an answer holds, in hundredths. */
export function cpuShare({ cpu_stats: now, precpu_stats: before }: ContainerStatsResponse): number {
  const used = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const system = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  const cpus = now?.online_cpus || (now?.cpu_usage?.percpu_usage?.length ?? 0);
  return system > 0 && used > 0 ? (used / system) * cpus * 100 : 0;
}

/** What is in use, the page cache that can be dropped left out; cgroup v1 and v2 call that differently. */
export function memoryUsed({ memory_stats: memory }: ContainerStatsResponse): number {
  const usage = memory?.usage ?? 0;
  const total = memory?.stats?.total_inactive_file;
  if (total !== undefined && total !== null && total < usage) return usage - total;
  const inactive = memory?.stats?.inactive_file ?? 0;
  return inactive < usage ? usage - inactive : usage;
}

/** What may be in use. */
export function memoryLimit({ memory_stats: memory }: ContainerStatsResponse): number {
  return memory?.limit ?? 0;
}

function memoryShare(reading: ContainerStatsResponse): number {
  const limit = memoryLimit(reading);
  return limit === 0 ? 0 : (memoryUsed(reading) / limit) * 100;
}

function networkText({ networks }: ContainerStatsResponse): string {
  const all = Object.values((networks ?? {}) as Record<string, { rx_bytes?: number; tx_bytes?: number }>);
  const sum = (of: 'rx_bytes' | 'tx_bytes') => all.reduce((total, one) => total + (one[of] ?? 0), 0);
  return `${listSize(sum('rx_bytes'))} / ${listSize(sum('tx_bytes'))}`;
}

function blockText({ blkio_stats: blocks }: ContainerStatsResponse): string {
  const sum = (letter: string) =>
    (blocks?.io_service_bytes_recursive ?? [])
      .filter(({ op }) => op?.toLowerCase().startsWith(letter))
      .reduce((total, { value }) => total + (value ?? 0), 0);
  return `${listSize(sum('r'))} / ${listSize(sum('w'))}`;
}
