import { createMeters, type Meters, type Series } from '../../telemetry/index.ts';
import type { Backends } from '../contract.ts';

type Containers = Backends['containers'];
type Sample = Awaited<ReturnType<typeof look>>;

/** What each running container uses, in Prometheus's text format. One that goes meanwhile is left out. */
export async function containerMetrics(containers: Containers): Promise<string> {
  const running = await containers.list({ all: false, size: false, filters: {} });
  const looks = await Promise.all(running.map((container) => look(containers, container)));
  const samples = looks.filter((sample) => sample !== undefined);
  const meters = createMeters();
  addCompute(meters, samples);
  addTraffic(meters, samples);
  return meters.text();
}

async function look(containers: Containers, { Id = '', Names = [], Image = '' }: Listed) {
  const labels = { id: Id, name: Names[0]?.replace(/^\//, '') ?? '', image: Image };
  try {
    const { signal } = new AbortController();
    const samples = await containers.stats(Id, { stream: false, oneShot: true }, signal);
    for await (const stats of samples) return { labels, stats };
  } catch {
    // It has ended since it was listed.
  }
  return undefined;
}

type Listed = Awaited<ReturnType<Containers['list']>>[number];
type Taken = NonNullable<Sample>;

function addCompute(meters: Meters, samples: Taken[]): void {
  const each = (value: (taken: Taken['stats']) => number | null | undefined) => (): Series[] =>
    samples.flatMap(({ labels, stats }) => {
      const found = value(stats);
      return found === undefined || found === null ? [] : [{ labels, value: found }];
    });
  const seconds = each(({ cpu_stats }) => (cpu_stats?.cpu_usage?.total_usage ?? 0) / 1e9);
  meters.counted('tug_container_cpu_seconds_total', 'Processor time that a container has used', seconds);
  const throttled = each(({ cpu_stats }) => (cpu_stats?.throttling_data?.throttled_time ?? 0) / 1e9);
  meters.counted('tug_container_cpu_throttled_seconds_total', 'Time in which its limit held it back', throttled);
  meters.gauge(
    'tug_container_memory_bytes',
    'Memory that it uses',
    each(({ memory_stats }) => memory_stats?.usage),
  );
  meters.gauge(
    'tug_container_memory_limit_bytes',
    'Memory that it may use',
    each(({ memory_stats }) => memory_stats?.limit),
  );
  meters.gauge(
    'tug_container_pids',
    'Processes and threads in it',
    each(({ pids_stats }) => pids_stats?.current),
  );
}

function addTraffic(meters: Meters, samples: Taken[]): void {
  const network = (field: 'rx_bytes' | 'tx_bytes') => (): Series[] =>
    samples.flatMap(({ labels, stats }) =>
      Object.entries(stats.networks ?? {}).map(([name, usage]) => ({
        labels: { ...labels, interface: name },
        value: Number((usage as Record<string, number>)[field] ?? 0),
      })),
    );
  meters.counted('tug_container_network_receive_bytes_total', 'Bytes that came to it', network('rx_bytes'));
  meters.counted('tug_container_network_transmit_bytes_total', 'Bytes that it sent', network('tx_bytes'));
  const blocks = () =>
    samples.flatMap(({ labels, stats }) =>
      ['read', 'write'].map((op) => {
        const entries = (stats.blkio_stats?.io_service_bytes_recursive ?? []).filter(
          (one) => one.op?.toLowerCase() === op,
        );
        return { labels: { ...labels, op }, value: entries.reduce((sum, one) => sum + (one.value ?? 0), 0) };
      }),
    );
  meters.counted('tug_container_block_bytes_total', 'Bytes that it read from disks and wrote to them', blocks);
}
