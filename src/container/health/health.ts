import { type ContainerConfig, goDuration } from '../../api/index.ts';
import { formatTime } from '../clock.ts';
import type { ContainerRow } from '../row.ts';

/** What is known of a container's health, as `inspect` shows it. */
export interface Health {
  Status: 'starting' | 'healthy' | 'unhealthy';
  FailingStreak: number;
  /** The latest last, five at most. */
  Log: ProbeResult[];
}

/** One probe. -1 is one that could not be run, or took too long. */
export interface ProbeResult {
  Start: string;
  End: string;
  ExitCode: number;
  Output: string;
}

/** The probes of one container, with Docker's defaults; times in milliseconds. */
export interface Check {
  argv: string[];
  interval: number;
  timeout: number;
  startPeriod: number;
  startInterval: number;
  retries: number;
}

const defaults = { interval: 30e9, timeout: 30e9, startPeriod: 0, startInterval: 5e9, retries: 3 };
const kept = 5;

/** How a container is probed; undefined when it is not: nobody asked, NONE, or a kind that Docker does not know either. */
export function checkOf({ Healthcheck, Shell }: ContainerConfig): Check | undefined {
  const [kind, ...words] = Healthcheck?.Test ?? [];
  if (!Healthcheck || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return undefined;
  const shell = kind === 'CMD-SHELL' ? (Shell?.length ? Shell : ['/bin/sh', '-c']) : [];
  return {
    argv: [...shell, ...words],
    interval: (Healthcheck.Interval || defaults.interval) / 1e6,
    timeout: (Healthcheck.Timeout || defaults.timeout) / 1e6,
    startPeriod: (Healthcheck.StartPeriod || defaults.startPeriod) / 1e6,
    startInterval: (Healthcheck.StartInterval || defaults.startInterval) / 1e6,
    retries: Healthcheck.Retries || defaults.retries,
  };
}

/** Of a start: what was probed before stays in the log. */
export function beginning(before: Health | undefined): Health {
  return { Status: 'starting', FailingStreak: 0, Log: before?.Log ?? [] };
}

/** Health after one more probe, which began `age` milliseconds after the container's start. */
export function afterProbe(health: Health, check: Check, result: ProbeResult, age: number): Health {
  const Log = [...health.Log, result].slice(-kept);
  if (result.ExitCode === 0) return { Status: 'healthy', FailingStreak: 0, Log };
  // While a container still starts, failures say nothing.
  if (health.Status === 'starting' && age < check.startPeriod) return { ...health, Log };
  const FailingStreak = health.FailingStreak + 1;
  return { Status: isSick(check, { ...health, FailingStreak }) ? 'unhealthy' : health.Status, FailingStreak, Log };
}

/** Whether it has failed as often as makes a container unhealthy; also where the engine was not there to see it become so. */
export function isSick(check: Check, { FailingStreak }: Health): boolean {
  return FailingStreak >= check.retries;
}

/** Milliseconds from the end of one probe to the next, for a container that was started `age` ago. */
export function pauseBefore(check: Check, health: Health, age: number): number {
  return age < check.startPeriod && health.Status === 'starting' ? check.startInterval : check.interval;
}

/** The result of a probe that was killed for taking longer than it may. */
export function timedOut(start: bigint, end: bigint, check: Check, output: string): ProbeResult {
  const message = `Health check exceeded timeout (${goDuration(check.timeout * 1e6)})`;
  return probeResult(start, end, -1, output === '' ? message : `${message}: ${output}`);
}

export function probeResult(start: bigint, end: bigint, code: number, output: string): ProbeResult {
  return { Start: formatTime(start), End: formatTime(end), ExitCode: code, Output: output };
}

/** What stands behind `Up 5 minutes` in `ps`. */
export function healthText(health: Health | undefined): string {
  if (!health) return '';
  return health.Status === 'starting' ? ' (health: starting)' : ` (${health.Status})`;
}

/** Whether a container is one of those that `--filter health=` asks for. */
export function healthIs(health: Health | undefined, wanted: string[]): boolean {
  return wanted.includes(health?.Status ?? 'none');
}

/** What keeps watch over the containers' health. */
export interface HealthMonitor {
  /** Undefined for a container that has no check, or was never started. */
  of(id: string): Health | undefined;
  /** A container was started: probe it, if it is to be. Costs nothing where nobody asked for it. */
  begin(row: ContainerRow): void;
  /** It runs on after a pause or after an engine's restart. */
  resume(row: ContainerRow): void;
  /** It has ended or is paused: no probe runs, and nobody may take it for healthy. */
  halt(id: string): void;
  forget(id: string): void;
  /** Reads what the last engine knew. */
  restore(): void;
  close(): void;
}
