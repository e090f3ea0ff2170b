import { EngineError, messageOf } from '../../../kit/index.ts';
import { parseMilliseconds } from '../../clock.ts';
import type { Context } from '../../context.ts';
import type { ContainerRow } from '../../row.ts';
import { nextDelay } from './restart-policy.ts';

/** Starts a container that has ended again, after its policy's delay, which clearing up after its end is part of. */
export function scheduleRestart(context: Context, row: ContainerRow): void {
  const finished = parseMilliseconds(row.finishedAt);
  const delay = nextDelay(context.backoff.get(row.id), finished - parseMilliseconds(row.startedAt));
  context.backoff.set(row.id, delay);
  const passed = Math.min(Math.max(Date.now() - finished, 0), delay);
  restartIn(context, row.id, delay - passed);
}

function restartIn(context: Context, id: string, delay: number): void {
  if (context.closing) return;
  const timer = setTimeout(() => {
    context.restarts.delete(id);
    void restartNow(context, id);
  }, delay);
  context.restarts.set(id, timer);
}

/** Starts a container whose turn has come; resolves in the end, whatever came of it. */
export async function restartNow(context: Context, id: string): Promise<void> {
  if (context.closing) return;
  try {
    await context.startAgain(id);
  } catch (error) {
    // It was stopped, started or removed while its turn came.
    if (error instanceof EngineError && ['notModified', 'notFound'].includes(error.kind)) return;
    context.log.error('a container could not be restarted', { id, error: messageOf(error) });
  }
}

/** Calls off what was scheduled, and begins anew with the delays. */
export function forgetRestart(context: Context, id: string): void {
  clearTimeout(context.restarts.get(id));
  context.restarts.delete(id);
  context.backoff.delete(id);
}
