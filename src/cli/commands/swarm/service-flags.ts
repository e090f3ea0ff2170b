import { type FlagTable, flag } from '../../flags/index.ts';
import { text } from './swarm-command.ts';

/** The flags of `service create` and `service update` alike. */
export const shared: FlagTable = {
  'cap-add': flag.list('Add Linux capabilities'),
  'cap-drop': flag.list('Drop Linux capabilities'),
  'credential-spec': text('Credential spec for managed service account (Windows only)', { type: 'credential-spec' }),
  detach: flag.bool('Exit immediately instead of waiting for the service to converge', { short: 'd' }),
  entrypoint: text('Overwrite the default ENTRYPOINT of the image', { type: 'command' }),
  'health-cmd': flag.string('Command to run to check health'),
  'health-interval': text('Time between running the check (ms|s|m|h)', { type: 'duration' }),
  'health-retries': flag.int('Consecutive failures needed to report unhealthy'),
  'health-start-interval': text('Time between running the check during the start period (ms|s|m|h)', {
    type: 'duration',
  }),
  'health-start-period': text(
    'Start period for the container to initialize before counting retries towards unstable (ms|s|m|h)',
    { type: 'duration' },
  ),
  'health-timeout': text('Maximum time to allow one check to run (ms|s|m|h)', { type: 'duration' }),
  hostname: flag.string('Container hostname'),
  init: flag.bool('Use an init inside each service container to forward signals and reap processes'),
  isolation: flag.string('Service container isolation mode'),
  'limit-cpu': text('Limit CPUs', { type: 'decimal' }),
  'limit-memory': text('Limit Memory', { type: 'bytes' }),
  'limit-pids': flag.int('Limit maximum number of processes', { shown: '0 = unlimited' }),
  'log-driver': flag.string('Logging driver for service'),
  'log-opt': flag.list('Logging driver options'),
  'max-concurrent': text('Number of job tasks to run concurrently', { type: 'uint', shown: 'equal to --replicas' }),
  'no-healthcheck': flag.bool('Disable any container-specified HEALTHCHECK'),
  'no-resolve-image': flag.bool('Do not query the registry to resolve image digest and supported platforms'),
  'oom-score-adj': flag.int("Tune host's OOM preferences (-1000 to 1000) "),
  quiet: flag.bool('Suppress progress output', { short: 'q' }),
  'read-only': flag.bool("Mount the container's root filesystem as read only"),
  replicas: text('Number of tasks', { type: 'uint' }),
  'replicas-max-per-node': text('Maximum number of tasks per node', { type: 'uint', shown: '0 = unlimited' }),
  'reserve-cpu': text('Reserve CPUs', { type: 'decimal' }),
  'reserve-memory': text('Reserve Memory', { type: 'bytes' }),
  'restart-max-attempts': text('Maximum number of restarts before giving up', { type: 'uint' }),
  'restart-window': text('Window used to evaluate the restart policy (ns|us|ms|s|m|h)', { type: 'duration' }),
  'stop-signal': flag.string('Signal to stop the container'),
  tty: flag.bool('Allocate a pseudo-TTY', { short: 't' }),
  user: flag.string('Username or UID (format: <name|uid>[:<group|gid>])', { short: 'u' }),
  'with-registry-auth': flag.bool('Send registry authentication details to swarm agents'),
  workdir: flag.string('Working directory inside the container', { short: 'w' }),
};

/** Those that only the help of `service create` gives a value to: an update leaves what it does not name. */
export function planned(of: 'create' | 'update'): FlagTable {
  const isCreate = of === 'create';
  const choice = (usage: string, initial: string) => flag.string(usage, isCreate ? { initial } : {});
  const value = (usage: string, type: string, shown: string) => text(usage, isCreate ? { type, shown } : { type });
  return {
    'endpoint-mode': choice('Endpoint mode (vip or dnsrr)', 'vip'),
    'restart-condition': choice('Restart when condition is met ("none", "on-failure", "any")', 'any'),
    'restart-delay': value('Delay between restart attempts (ns|us|ms|s|m|h)', 'duration', '5s'),
    'rollback-delay': value('Delay between task rollbacks (ns|us|ms|s|m|h)', 'duration', '0s'),
    'rollback-failure-action': choice('Action on rollback failure ("pause", "continue")', 'pause'),
    'rollback-max-failure-ratio': value('Failure rate to tolerate during a rollback', 'float', '0'),
    'rollback-monitor': value(
      'Duration after each task rollback to monitor for failure (ns|us|ms|s|m|h)',
      'duration',
      '5s',
    ),
    'rollback-order': choice('Rollback order ("start-first", "stop-first")', 'stop-first'),
    'rollback-parallelism': value(
      'Maximum number of tasks rolled back simultaneously (0 to roll back all at once)',
      'uint',
      '1',
    ),
    'stop-grace-period': value('Time to wait before force killing a container (ns|us|ms|s|m|h)', 'duration', '10s'),
    'update-delay': value('Delay between updates (ns|us|ms|s|m|h)', 'duration', '0s'),
    'update-failure-action': choice('Action on update failure ("pause", "continue", "rollback")', 'pause'),
    'update-max-failure-ratio': value('Failure rate to tolerate during an update', 'float', '0'),
    'update-monitor': value(
      'Duration after each task update to monitor for failure (ns|us|ms|s|m|h)',
      'duration',
      '5s',
    ),
    'update-order': choice('Update order ("start-first", "stop-first")', 'stop-first'),
    'update-parallelism': value(
      'Maximum number of tasks updated simultaneously (0 to update all at once)',
      'uint',
      '1',
    ),
  };
}
