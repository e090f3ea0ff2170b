import type { CreateLine } from './line.ts';

const options = [
  'health-cmd',
  'health-interval',
  'health-retries',
  'health-start-interval',
  'health-start-period',
  'health-timeout',
];

/** The health check that the flags describe, if they do. */
export function healthOf({ flags, given }: CreateLine): object {
  const described = options.some((name) => given.has(name) && flags[name as keyof typeof flags]);
  if (flags['no-healthcheck']) {
    if (described) throw new Error('--no-healthcheck conflicts with --health-* options');
    return { Healthcheck: { Test: ['NONE'] } };
  }
  if (!described) return {};
  for (const name of ['interval', 'timeout', 'start-period', 'start-interval', 'retries'] as const) {
    if (flags[`health-${name}`] < 0) throw new Error(`--health-${name} cannot be negative`);
  }
  return {
    Healthcheck: {
      ...(flags['health-cmd'] ? { Test: ['CMD-SHELL', flags['health-cmd']] } : {}),
      Interval: flags['health-interval'],
      Timeout: flags['health-timeout'],
      StartPeriod: flags['health-start-period'],
      StartInterval: flags['health-start-interval'],
      Retries: flags['health-retries'],
    },
  };
}
