import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, machine, release, totalmem } from 'node:os';
import type { Meters } from '../../telemetry/index.ts';
import type { Backends } from '../contract.ts';
import { osRelease } from '../system/host.ts';

export interface Levels extends Pick<Backends, 'containers' | 'networks' | 'system'> {
  dataRoot: string;
  storageDriver: string;
  build: { version: string; commit?: string };
}

/** What stands as it is whenever somebody looks: the engine, its containers, its process. */
export function addLevels(meters: Meters, levels: Levels): void {
  addEngine(meters, levels);
  addOwn(meters, levels);
  addProcess(meters);
}

function addEngine(meters: Meters, { containers, system, build, storageDriver }: Levels): void {
  const labels = {
    architecture: machine(),
    commit: build.commit ?? '',
    daemon_id: system.engine.id,
    graphdriver: storageDriver,
    kernel: release(),
    os: osRelease('PRETTY_NAME') || 'Linux',
    os_type: 'linux',
    os_version: osRelease('VERSION_ID'),
    version: build.version,
  };
  const gauge = (name: string, help: string, read: Parameters<Meters['gauge']>[2]) =>
    meters.gauge(`engine_daemon_${name}`, help, read);
  gauge('engine_info', 'The information related to the engine and the OS it is running on', () => [
    { labels, value: 1 },
  ]);
  gauge('engine_cpus_cpus', 'The number of cpus that the host system of the engine has', availableParallelism);
  gauge('engine_memory_bytes', 'The number of bytes of memory that the host system of the engine has', totalmem);
  gauge('container_states_containers', 'The count of containers in various states', () => {
    const { paused, running, stopped } = containers.counts();
    return Object.entries({ paused, running, stopped }).map(([state, value]) => ({ labels: { state }, value }));
  });
  gauge('events_subscribers_total', 'The number of current subscribers to events', system.events.listeners);
  meters.counted('engine_daemon_events_total', 'The number of events logged', system.events.told);
}

function addOwn(meters: Meters, { networks, dataRoot }: Levels): void {
  meters.gauge('tug_networks', 'The number of networks', () => networks.list({}).length);
  meters.gauge('tug_data_root_bytes', 'The file system of the data root', () => {
    const { bsize, blocks, bavail } = statfsSync(dataRoot);
    return [
      { labels: { state: 'size' }, value: blocks * bsize },
      { labels: { state: 'available' }, value: bavail * bsize },
    ];
  });
}

/** Of the engine's process, under the names that every program of Prometheus's has. */
function addProcess(meters: Meters): void {
  const started = performance.timeOrigin / 1000;
  meters.counted('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', processorTime);
  meters.gauge('process_open_fds', 'Number of open file descriptors.', () => readdirSync('/proc/self/fd').length);
  meters.gauge('process_max_fds', 'Maximum number of open file descriptors.', () => limit('Max open files'));
  meters.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => memory('VmRSS'));
  meters.gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', () => memory('VmSize'));
  meters.gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () => started);
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const read = (name: string): string => readFileSync(`/proc/self/${name}`, 'utf8');
const limit = (name: string): number => Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(read('limits'))?.[1] ?? 0);
const memory = (field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read('status'))?.[1] ?? 0) * 1024;
