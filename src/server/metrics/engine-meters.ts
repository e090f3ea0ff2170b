import { createMeters, type Meters, type Span } from '../../telemetry/index.ts';

/** What the engine measures of its own work: told of each span, it counts those it knows. */
export interface EngineMeters {
  meters: Meters;
  ended(span: Span): void;
}

/** The names, texts and actions are those of dockerd's metrics; `tug_…` are the engine's own. */
export function createEngineMeters(): EngineMeters {
  const meters = createMeters();
  const counts = [actionsOf(meters), healthOf(meters), buildsOf(meters), ownOf(meters)];
  return {
    meters,
    ended(span) {
      for (const count of counts) count(span);
    },
  };
}

type Count = (span: Span) => void;

const secondsOf = ({ start, end }: Span): number => Number(end - start) / 1e9;

const containerActions = ['changes', 'commit', 'create', 'delete', 'start'];

function actionsOf(meters: Meters): Count {
  const timer = (name: string, help: string) =>
    meters.histogram(`engine_daemon_${name}_seconds`, help, { labelled: true });
  const container = timer('container_actions', 'The number of seconds it takes to process each container action');
  // As in dockerd, so that each is there before it first happens.
  for (const action of containerActions) container.observe(0, { action });
  const network = timer('network_actions', 'The number of seconds it takes to process each network action');
  const help = 'The number of seconds it takes to call functions gathering info about the host';
  const host = timer('host_info_functions', help);
  return (span) => {
    if (span.error !== undefined) return;
    const [about = '', action = ''] = span.name.split('.');
    if (about === 'container' && containerActions.includes(action)) container.observe(secondsOf(span), { action });
    else if (about === 'network') network.observe(secondsOf(span), { action });
    else if (about === 'host') host.observe(secondsOf(span), { function: action });
  };
}

function healthOf(meters: Meters): Count {
  const checks = meters.counter('engine_daemon_health_checks_total', 'The total number of health checks');
  const failed = meters.counter('engine_daemon_health_checks_failed_total', 'The total number of failed health checks');
  const help = 'The number of seconds it takes to prepare to run health checks';
  const start = meters.histogram('engine_daemon_health_check_start_duration_seconds', help);
  return (span) => {
    if (span.name === 'health.start') {
      checks.add();
      if (span.error === undefined) start.observe(secondsOf(span));
      else failed.add();
    } else if (span.name === 'exec.exit' && span.attributes['exec.probe'] === true) {
      if (span.attributes['exec.exit_code'] !== 0) failed.add();
    }
  };
}

const reasons: [reason: string, words: RegExp][] = [
  ['build_canceled', /context canceled/],
  ['build_target_not_reachable_error', /target stage .* could not be found/],
  ['command_not_supported_error', /not supported/],
  ['dockerfile_empty_error', /Dockerfile cannot be empty|file with no instructions/],
  ['unknown_instruction_error', /unknown instruction/],
  ['missing_onbuild_arguments_error', /ONBUILD requires/],
  ['dockerfile_syntax_error', /parse error|syntax error/],
  ['error_processing_commands_error', /^/],
];

function buildsOf(meters: Meters): Count {
  const series = reasons.map(([reason]) => ({ reason }));
  const failed = meters.counter('builder_builds_failed_total', 'Number of failed image builds', series);
  const triggered = meters.counter('builder_builds_triggered_total', 'Number of triggered image builds');
  return ({ name, error }) => {
    if (name !== 'build') return;
    triggered.add();
    const [reason] = error === undefined ? [] : (reasons.find(([, words]) => words.test(error)) ?? []);
    if (reason !== undefined) failed.add(1, { reason });
  };
}

function ownOf(meters: Meters): Count {
  const ends = [{ result: 'success' }, { result: 'failure' }];
  const exits = meters.counter('tug_container_exits_total', 'Containers that ended, by whether with code 0', ends);
  const execs = meters.counter('tug_execs_total', 'Processes that were started in running containers');
  const failures = meters.counter('tug_failures_total', 'Work that failed, by its name', [
    ...containerActions.map((action) => ({ work: `container.${action}` })),
    { work: 'exec.start' },
  ]);
  return ({ name, error, attributes }) => {
    if (error !== undefined && /^(container\.|exec\.start$)/.test(name)) failures.add(1, { work: name });
    else if (name === 'exec.start') execs.add();
    else if (name === 'container.exit') {
      exits.add(1, { result: attributes['container.exit_code'] === 0 ? 'success' : 'failure' });
    }
  };
}
