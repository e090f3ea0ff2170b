import type { Mount } from '../../api/index.ts';
import { flag, readInt, type Values } from '../flags/index.ts';
import { parseBytes } from '../format/bytes.ts';
import { type NetworkAttachment, parseNetwork } from './network/networks.ts';
import { deviceRule } from './resources/devices.ts';
import { type DeviceRequest, parseGpus } from './resources/gpus.ts';
import { parseMount } from './resources/mounts.ts';
import {
  attachTarget,
  capability,
  containerLink,
  dnsSearch,
  extraHost,
  ipAddress,
  joinPath,
  linkLocal,
  sysctl,
} from './values/checks.ts';
import { checkEnv, checkLabel } from './values/env.ts';
import { bytes, cpus, deviceLimits, duration, map, swapBytes, ulimits } from './values/values.ts';

const identity = {
  annotation: map('Add an annotation to the container (passed through to the OCI runtime)'),
  attach: flag.list('Attach to STDIN, STDOUT or STDERR', { short: 'a' }, attachTarget),
  cidfile: flag.string('Write the container ID to the file'),
  'disable-content-trust': flag.bool('Skip image verification', { initial: true }),
  domainname: flag.string('Container NIS domain name'),
  entrypoint: flag.string('Overwrite the default ENTRYPOINT of the image'),
  env: flag.list('Set environment variables', { short: 'e' }, checkEnv),
  'env-file': flag.list('Read in a file of environment variables'),
  help: flag.bool('Print usage'),
  hostname: flag.string('Container host name', { short: 'h' }),
  interactive: flag.bool('Keep STDIN open even if not attached', { short: 'i' }),
  label: flag.list('Set meta data on a container', { short: 'l' }, checkLabel),
  'label-file': flag.list('Read in a line delimited file of labels'),
  name: flag.string('Assign a name to the container'),
  platform: flag.string('Set platform if server is multi-platform capable'),
  pull: flag.string('Pull image before running ("always", "missing", "never")', { initial: 'missing' }),
  quiet: flag.bool('Suppress the pull output', { short: 'q' }),
  restart: flag.string('Restart policy to apply when a container exits', { initial: 'no' }),
  rm: flag.bool('Automatically remove the container and its associated anonymous volumes when it exits'),
  runtime: flag.string('Runtime to use for this container'),
  'stop-signal': flag.string('Signal to stop the container'),
  'stop-timeout': flag.int('Timeout (in seconds) to stop a container'),
  tty: flag.bool('Allocate a pseudo-TTY', { short: 't' }),
  'use-api-socket': flag.bool('Bind mount Docker API socket and required auth'),
  user: flag.string('Username or UID (format: <name|uid>[:<group|gid>])', { short: 'u' }),
  workdir: flag.string('Working directory inside the container', { short: 'w' }),
};

function networks() {
  return flag.value<NetworkAttachment[]>('Connect a container to a network', {
    type: 'network',
    initial: [],
    read: (text, before) => [...before, parseNetwork(text)],
  });
}

const network = {
  'add-host': flag.list('Add a custom host-to-IP mapping (host:ip)', {}, extraHost),
  dns: flag.list('Set custom DNS servers', {}, ipAddress),
  'dns-opt': flag.list('Set DNS options', { hidden: true }),
  'dns-option': flag.list('Set DNS options'),
  'dns-search': flag.list('Set custom DNS search domains', {}, dnsSearch),
  expose: flag.list('Expose a port or a range of ports'),
  ip: flag.string('IPv4 address (e.g., 172.30.100.104)'),
  ip6: flag.string('IPv6 address (e.g., 2001:db8::33)'),
  link: flag.list('Add link to another container', {}, containerLink),
  'link-local-ip': flag.list('Container IPv4/IPv6 link-local addresses', {}, linkLocal),
  'mac-address': flag.string('Container MAC address (e.g., 92:d0:c6:0a:29:33)'),
  net: { ...networks(), hidden: true },
  'net-alias': flag.list('Add network-scoped alias for the container', { hidden: true }),
  network: networks(),
  'network-alias': flag.list('Add network-scoped alias for the container'),
  publish: flag.list("Publish a container's port(s) to the host", { short: 'p' }),
  'publish-all': flag.bool('Publish all exposed ports to random ports', { short: 'P' }),
};

const resources = {
  'blkio-weight': flag.uint('Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)', 16),
  'blkio-weight-device': deviceLimits('Block IO weight (relative device weight)', 'weight', readInt),
  'device-read-bps': deviceLimits('Limit read rate (bytes per second) from a device', 'rate', parseBytes),
  'device-read-iops': deviceLimits('Limit read rate (IO per second) from a device', 'rate', readInt),
  'device-write-bps': deviceLimits('Limit write rate (bytes per second) to a device', 'rate', parseBytes),
  'device-write-iops': deviceLimits('Limit write rate (IO per second) to a device', 'rate', readInt),
  'cgroup-parent': flag.string('Optional parent cgroup for the container'),
  'cpu-count': flag.int('CPU count (Windows only)', { hidden: true }),
  'cpu-percent': flag.int('CPU percent (Windows only)', { hidden: true }),
  'cpu-period': flag.int('Limit CPU CFS (Completely Fair Scheduler) period'),
  'cpu-quota': flag.int('Limit CPU CFS (Completely Fair Scheduler) quota'),
  'cpu-rt-period': flag.int('Limit CPU real-time period in microseconds'),
  'cpu-rt-runtime': flag.int('Limit CPU real-time runtime in microseconds'),
  'cpu-shares': flag.int('CPU shares (relative weight)', { short: 'c' }),
  cpus: cpus('Number of CPUs'),
  'cpuset-cpus': flag.string('CPUs in which to allow execution (0-3, 0,1)'),
  'cpuset-mems': flag.string('MEMs in which to allow execution (0-3, 0,1)'),
  'io-maxbandwidth': { ...bytes('Maximum IO bandwidth limit for the system drive (Windows only)'), hidden: true },
  'io-maxiops': flag.uint('Maximum IOps limit for the system drive (Windows only)', 64, { hidden: true }),
  'kernel-memory': bytes('Kernel memory limit'),
  memory: bytes('Memory limit', { short: 'm' }),
  'memory-reservation': bytes('Memory soft limit'),
  'memory-swap': swapBytes("Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
  'memory-swappiness': flag.int('Tune container memory swappiness (0 to 100)', { initial: -1 }),
  'oom-kill-disable': flag.bool('Disable OOM Killer'),
  'oom-score-adj': flag.int("Tune host's OOM preferences (-1000 to 1000)"),
  'pids-limit': flag.int('Tune container pids limit (set -1 for unlimited)'),
  'shm-size': bytes('Size of /dev/shm'),
  ulimit: ulimits('Ulimit options'),
};

const security = {
  'cap-add': flag.list('Add Linux capabilities', {}, capability),
  'cap-drop': flag.list('Drop Linux capabilities', {}, capability),
  cgroupns: flag.string(
    "Cgroup namespace to use (host|private)\n'host':    Run the container in the Docker host's cgroup namespace\n'private': Run the container in its own private cgroup namespace\n'':        Use the cgroup namespace as configured by the\n           default-cgroupns-mode option on the daemon (default)",
  ),
  'group-add': flag.list('Add additional groups to join'),
  init: flag.bool('Run an init inside the container that forwards signals and reaps processes'),
  ipc: flag.string('IPC mode to use'),
  isolation: flag.string('Container isolation technology'),
  pid: flag.string('PID namespace to use'),
  privileged: flag.bool('Give extended privileges to this container'),
  secret: flag.list('Secret file in memory (id=NAME,src=FILE)', { hidden: true }),
  'security-opt': flag.list('Security Options'),
  sysctl: map('Sysctl options', sysctl),
  userns: flag.string('User namespace to use'),
  uts: flag.string('UTS namespace to use'),
};

const files = {
  device: flag.list('Add a host device to the container'),
  'device-cgroup-rule': flag.list('Add a rule to the cgroup allowed devices list', {}, deviceRule),
  gpus: flag.value<DeviceRequest[]>("GPU devices to add to the container ('all' to pass all GPUs)", {
    type: 'gpu-request',
    initial: [],
    read: (text, before) => [...before, parseGpus(text)],
  }),
  'log-driver': flag.string('Logging driver for the container'),
  'log-opt': flag.list('Log driver options'),
  mount: flag.value<Mount[]>('Attach a filesystem mount to the container', {
    type: 'mount',
    initial: [],
    read: (text, before) => [...before, parseMount(text)],
  }),
  'read-only': flag.bool("Mount the container's root filesystem as read only"),
  'storage-opt': flag.list('Storage driver options for the container'),
  tmpfs: flag.list('Mount a tmpfs directory'),
  volume: flag.list('Bind mount a volume', { short: 'v' }, joinPath),
  'volume-driver': flag.string('Optional volume driver for the container'),
  'volumes-from': flag.list('Mount volumes from the specified container(s)'),
};

const health = {
  'health-cmd': flag.string('Command to run to check health'),
  'health-interval': duration('Time between running the check (ms|s|m|h)'),
  'health-retries': flag.int('Consecutive failures needed to report unhealthy'),
  'health-start-interval': duration('Time between running the check during the start period (ms|s|m|h)'),
  'health-start-period': duration(
    'Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)',
  ),
  'health-timeout': duration('Maximum time to allow one check to run (ms|s|m|h)'),
  'no-healthcheck': flag.bool('Disable any container-specified HEALTHCHECK'),
};

/** The options that `run` and `create` share. */
export const createFlags = { ...identity, ...network, ...resources, ...security, ...files, ...health };

/** Their values. */
export type CreateValues = Values<typeof createFlags>;
