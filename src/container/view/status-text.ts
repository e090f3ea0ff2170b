import { parseMilliseconds } from '../clock.ts';
import { type Health, healthText } from '../health/health.ts';
import { type ContainerRow, isRestarting, never } from '../row.ts';

/** What `docker ps` says of a container: `Up 5 seconds`, `Exited (0) 3 minutes ago`, `Created`. `now` in milliseconds. */
export function statusText(row: ContainerRow, now: number, health?: Health): string {
  const since = (time: string) => humanDuration(now - parseMilliseconds(time));
  if (isRestarting(row)) return `Restarting (${row.exitCode}) ${since(row.finishedAt)} ago`;
  switch (row.state) {
    case 'running':
      return `Up ${since(row.startedAt)}${row.paused ? ' (Paused)' : healthText(health)}`;
    case 'exited':
    case 'starting':
      if (row.startedAt === never) return 'Created';
      return `Exited (${row.exitCode}) ${since(row.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    default:
      return 'Created';
  }
}

/** A duration the way Docker rounds it for people. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(milliseconds / 3_600_000 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(milliseconds / 3_600_000 / 24 / 365)} years`;
}
