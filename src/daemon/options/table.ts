import type { Kind, Option } from './option.ts';

type Extra = Partial<Omit<Option, 'name' | 'kind' | 'help'>>;

const option = (name: string, kind: Kind, help: string, extra: Extra = {}): Option => ({ name, kind, help, ...extra });

const noContainerd = 'there is no containerd: a monitor of its own watches each container';
const noSwarm = 'the engine is no member of a swarm';
const onePolicy = 'the bridges are guarded by nftables, and forwarding is admitted where the host drops it';

const engine: Option[] = [
  option('config-file', 'string', 'Daemon configuration file', { initial: '/etc/tug/tug.json', flagOnly: true }),
  option('data-root', 'string', 'Root directory of persistent state', { initial: '/var/lib/tug' }),
  option('debug', 'boolean', 'Enable debug mode', { short: 'D' }),
  option('exec-root', 'string', 'Root directory for execution state files', { initial: '/run/tug' }),
  option('feature', 'features', 'Enable feature in the daemon', { key: 'features' }),
  option('group', 'string', 'Group for the unix socket', { short: 'G', initial: 'docker' }),
  option('help', 'boolean', 'Print usage', { flagOnly: true }),
  option('host', 'hosts', 'Daemon socket(s) to connect to', { key: 'hosts', short: 'H' }),
  option('http-proxy', 'string', 'HTTP proxy URL to use for outgoing traffic'),
  option('https-proxy', 'string', 'HTTPS proxy URL to use for outgoing traffic'),
  option('insecure-registry', 'list', 'Enable insecure registry communication', { key: 'insecure-registries' }),
  option('label', 'labels', 'Set key=value labels to the daemon', { key: 'labels' }),
  option('live-restore', 'boolean', 'Containers live on when the daemon ends', { initial: 'true' }),
  option('log-format', 'string', 'Set the logging format ("text"|"json")', { initial: 'text' }),
  option('log-level', 'string', 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")', {
    short: 'l',
    initial: 'info',
  }),
  option('max-concurrent-downloads', 'int', 'Set the max concurrent downloads', { initial: '3' }),
  option('max-concurrent-uploads', 'int', 'Set the max concurrent uploads', { initial: '5' }),
  option('max-download-attempts', 'int', 'Set the max download attempts for each pull', { initial: '5' }),
  option('metrics-addr', 'string', 'Set default address and port to serve the metrics api on'),
  option('no-proxy', 'string', 'Comma-separated list of hosts or IP addresses for which the proxy is skipped'),
  option('pidfile', 'string', 'Path to use for daemon PID file', { short: 'p', initial: '/run/tug/tug.pid' }),
  option('raw-logs', 'boolean', 'Full timestamps without ANSI coloring', { idle: 'the log is always so' }),
  option('registry', 'registries', 'Mirrors, blocks and TLS by prefix of image names', { key: 'registries' }),
  option('registry-mirror', 'mirrors', 'Preferred registry mirror', { key: 'registry-mirrors' }),
  option('shutdown-timeout', 'int', 'Set the default shutdown timeout', { initial: '15' }),
  option('tls', 'boolean', 'Use TLS; implied by --tlsverify'),
  option('tlscacert', 'string', 'Trust certs signed only by this CA', { initial: '~/.docker/ca.pem' }),
  option('tlscert', 'string', 'Path to TLS certificate file', { initial: '~/.docker/cert.pem' }),
  option('tlskey', 'string', 'Path to TLS key file', { initial: '~/.docker/key.pem' }),
  option('tlsverify', 'boolean', 'Use TLS and verify the remote'),
  option('validate', 'boolean', 'Validate daemon configuration and exit', { flagOnly: true }),
  option('version', 'boolean', 'Print version information and quit', { short: 'v', flagOnly: true }),
];

const containers: Option[] = [
  option('add-runtime', 'runtimes', 'Register an additional OCI compatible runtime', { key: 'runtimes' }),
  option('build-memory', 'bytes', 'Memory limit for the steps of builds that name none'),
  option('build-pids-limit', 'int', 'Limit of processes for each step of a build (-1 for none)'),
  option('cdi-spec-dir', 'list', 'CDI specification directories to use', { key: 'cdi-spec-dirs' }),
  option('cgroup-parent', 'string', 'Set parent cgroup for all containers', { initial: '/tug' }),
  option('default-cgroupns-mode', 'string', 'Default mode for containers cgroup namespace ("host" | "private")'),
  option('default-ipc-mode', 'string', 'Default mode for containers ipc ("shareable" | "private")', {
    initial: 'private',
  }),
  option('default-runtime', 'string', 'Default OCI runtime for containers', { initial: 'native' }),
  option('default-shm-size', 'bytes', 'Default shm size for containers', { initial: '64MiB' }),
  option('default-ulimit', 'ulimits', 'Default ulimits for containers', { key: 'default-ulimits' }),
  option('exec-opt', 'list', 'Runtime execution options', { key: 'exec-opts' }),
  option('init', 'boolean', 'Run an init in the container to forward signals and reap processes'),
  option('init-path', 'string', 'Path to the docker-init binary'),
  option('log-driver', 'string', 'Default driver for container logs', { initial: 'json-file' }),
  option('log-opt', 'map', 'Default log driver options for containers', { key: 'log-opts' }),
  option('no-new-privileges', 'boolean', 'Set no-new-privileges by default for new containers'),
  option('selinux-enabled', 'boolean', 'Enable selinux support'),
  option('userns-remap', 'string', 'User/Group setting for user namespaces'),
  option('authorization-plugin', 'list', 'Authorization plugins to load', { key: 'authorization-plugins' }),
  option('seccomp-profile', 'string', 'Path to seccomp profile; "unconfined" disables the default one', {
    initial: 'builtin',
  }),
];

const network: Option[] = [
  option('bip', 'string', 'IPv4 address for the default bridge'),
  option('bridge', 'string', 'Name of the default bridge', { short: 'b', initial: 'tug0' }),
  option('default-address-pool', 'pools', 'Default address pools for networks', { key: 'default-address-pools' }),
  option('default-gateway', 'ip', 'Default gateway IPv4 address for the default bridge network'),
  option('default-network-opt', 'networkOptions', 'Default network options', { key: 'default-network-opts' }),
  option('dns', 'ips', 'DNS server to use'),
  option('dns-opt', 'list', 'DNS options to use', { key: 'dns-opts' }),
  option('dns-search', 'domains', 'DNS search domains to use'),
  option('fixed-cidr', 'string', 'IPv4 subnet for the default bridge network'),
  option('firewall', 'string', 'Whether what the host drops is let through to containers ("open"|"strict")', {
    initial: 'open',
  }),
  option('host-gateway-ip', 'ips', "IP address that 'host-gateway' in --add-host stands for", {
    key: 'host-gateway-ips',
  }),
  option('icc', 'boolean', 'Enable inter-container communication for the default bridge network', { initial: 'true' }),
  option('ip', 'ip', 'Host IP for port publishing where none is named', { initial: '0.0.0.0' }),
  option('ip-masq', 'boolean', 'Enable IP masquerading for the default bridge network', { initial: 'true' }),
  option('mtu', 'int', 'Set the MTU of bridge networks', { initial: '1500' }),
];

const without: Option[] = [
  option('allow-direct-routing', 'boolean', 'Allow remote access to published ports on container IP addresses', {
    refused: 'published ports are reached through the host alone',
    harmless: false,
  }),
  option('bip6', 'string', 'IPv6 address for the default bridge', { refused: 'the default bridge has no IPv6' }),
  option('containerd', 'string', 'containerd grpc address', { idle: noContainerd }),
  option('containerd-namespace', 'string', 'Containerd namespace to use', { idle: noContainerd }),
  option('containerd-plugins-namespace', 'string', 'Containerd namespace to use for plugins', { idle: noContainerd }),
  option('cpu-rt-period', 'int', 'Limit the CPU real-time period for the parent cgroup', {
    refused: 'the parent cgroup has no limits of its own',
  }),
  option('cpu-rt-runtime', 'int', 'Limit the CPU real-time runtime for the parent cgroup', {
    refused: 'the parent cgroup has no limits of its own',
  }),
  option('cri-containerd', 'boolean', 'start containerd with cri', { refused: noContainerd, harmless: false }),
  option('default-gateway-v6', 'ip', 'Default gateway IPv6 address for the default bridge network', {
    refused: 'the default bridge has no IPv6',
  }),
  option('experimental', 'boolean', 'Enable experimental features'),
  option('fixed-cidr-v6', 'string', 'IPv6 subnet for the default bridge network', {
    refused: 'the default bridge has no IPv6',
  }),
  option('ip-forward', 'boolean', 'Enable IP forwarding in system configuration', {
    initial: 'true',
    refused: 'bridge networks cannot do without it',
    harmless: true,
  }),
  option('ip-forward-no-drop', 'boolean', 'Do not set the filter-FORWARD policy to DROP', {
    idle: 'the engine never sets that policy',
    harmless: true,
  }),
  option('ip6tables', 'boolean', 'Enable addition of ip6tables rules', {
    initial: 'true',
    refused: onePolicy,
    harmless: true,
  }),
  option('iptables', 'boolean', 'Enable addition of iptables rules', {
    initial: 'true',
    refused: onePolicy,
    harmless: true,
  }),
  option('ipv6', 'boolean', 'Enable IPv6 networking for the default bridge network', {
    refused: 'the default bridge has no IPv6; networks made with --ipv6 have it',
    harmless: false,
  }),
  option('network-control-plane-mtu', 'int', 'Network Control plane MTU', { idle: noSwarm }),
  option('network-diagnostic-port', 'int', 'TCP port number of the network diagnostic server', {
    refused: 'there is no such server',
  }),
  option('node-generic-resource', 'list', 'Advertise user-defined resource', {
    key: 'node-generic-resources',
    idle: noSwarm,
  }),
  option('rootless', 'boolean', 'Enable rootless mode', { refused: 'the engine needs to be root', harmless: false }),
  option('storage-driver', 'string', 'Storage driver to use', { short: 's' }),
  option('storage-opt', 'list', 'Storage driver options', {
    key: 'storage-opts',
    refused: 'the storage driver has no options',
  }),
  option('swarm-default-advertise-addr', 'string', 'Set default address or interface for swarm advertised address', {
    idle: noSwarm,
  }),
  option('userland-proxy', 'boolean', 'Use userland proxy for loopback traffic', {
    initial: 'true',
    idle: 'there is no such proxy: the kernel translates, and a container’s monitor passes on what comes to ::1',
    harmless: true,
  }),
  option('userland-proxy-path', 'string', 'Path to the userland proxy binary', { idle: 'there is no such proxy' }),
];

/** Every setting, by its name in the alphabet. */
export const options: Option[] = [...engine, ...containers, ...network, ...without].toSorted((one, other) =>
  one.name < other.name ? -1 : 1,
);

/** Keys of a configuration file that dockerd passes over, and so does the engine. */
export const ignoredKeys = new Set(['allow-nondistributable-artifacts', 'builder', 'deprecated-key-path']);
