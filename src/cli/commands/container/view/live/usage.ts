import type { ContainerStatsResponse } from '../../../../../api/index.ts';
import { cpuShare, memoryLimit, memoryUsed } from '../stats/rows.ts';

/** What one container used between two looks. Bytes, and bytes a second. */
export interface Use {
  name: string;
  /** Of one processor, in hundredths. */
  cpu: number;
  memory: number;
  memoryLimit: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  pids: number;
}

type Look = ContainerStatsResponse;

/** The containers of a look, compared with the look before it; one that is new since then has used nothing yet. */
export function usesOf(now: Look[], before: Look[]): Use[] {
  const earlier = new Map(before.map((look) => [look.id, look]));
  return now.map((look) => useOf(look, earlier.get(look.id)));
}

function useOf(now: Look, before: Look = now): Use {
  const seconds = Math.max(0.001, (Date.parse(String(now.read)) - Date.parse(String(before.read))) / 1000);
  const rate = (count: (look: Look) => number) => Math.max(0, (count(now) - count(before)) / seconds);
  return {
    name: now.name?.replace(/^\//, '') ?? '',
    cpu: before === now ? 0 : cpuShare({ ...now, precpu_stats: before.cpu_stats ?? {} }),
    memory: memoryUsed(now),
    memoryLimit: memoryLimit(now),
    received: rate((look) => network(look, 'rx_bytes')),
    sent: rate((look) => network(look, 'tx_bytes')),
    read: rate((look) => blocks(look, 'read')),
    written: rate((look) => blocks(look, 'write')),
    pids: now.pids_stats?.current ?? 0,
  };
}

function network({ networks }: Look, field: 'rx_bytes' | 'tx_bytes'): number {
  const all = Object.values((networks ?? {}) as Record<string, Record<string, number>>);
  return all.reduce((sum, one) => sum + (one[field] ?? 0), 0);
}

function blocks({ blkio_stats: stats }: Look, op: string): number {
  const entries = (stats?.io_service_bytes_recursive ?? []).filter((one) => one.op?.toLowerCase() === op);
  return entries.reduce((sum, { value }) => sum + (value ?? 0), 0);
}
