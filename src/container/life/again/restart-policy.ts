import { onUnhealthy, type RestartPolicyName } from '../../../api/index.ts';
import type { ContainerRow } from '../../row.ts';

const firstDelay = 100;
const longestDelay = 60_000;
const settledAfter = 10_000;

/** Whether a container that has ended by itself with `exitCode` starts again. */
export function restartsAfterExit(row: ContainerRow, exitCode: number): boolean {
  const { RestartPolicy: policy } = row.hostConfig;
  const most = policy?.MaximumRetryCount ?? 0;
  const mayRetry = most === 0 || row.restartCount < most;
  switch (policy?.Name as RestartPolicyName) {
    case 'always':
      return true;
    case 'unless-stopped':
      return !row.manuallyStopped;
    case 'on-failure':
      return exitCode !== 0 && mayRetry;
    case onUnhealthy:
      return !row.manuallyStopped && mayRetry;
    default:
      return false;
  }
}

/** Whether the engine's own start brings back a container that has ended; what a user stopped only with `always`. */
export function startsWithEngine(row: ContainerRow): boolean {
  if (row.hostConfig.RestartPolicy?.Name === 'always') return true;
  return !row.manuallyStopped && restartsAfterExit(row, row.exitCode);
}

/** Milliseconds until the next restart: doubling from 100 ms to a minute, from the beginning after 10 s of life. */
export function nextDelay(previous: number | undefined, livedFor: number): number {
  if (previous === undefined || livedFor >= settledAfter) return firstDelay;
  return Math.min(previous * 2, longestDelay);
}
