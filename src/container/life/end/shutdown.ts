import { messageOf, within } from '../../../kit/index.ts';
import type { Context } from '../../context.ts';
import { getRow } from '../../row.ts';
import { stopRunning } from './stop.ts';

const defaultTimeout = 10;
/** What a container gets beyond its own time to end in, in seconds. */
const grace = 5;

/** See Containers.shutdown. */
export async function shutdown(context: Context, seconds: number): Promise<void> {
  for (const timer of context.restarts.values()) clearTimeout(timer);
  const ids = [...context.runs.keys()];
  const times = ids.map((id) => getRow(context.store, id).config.StopTimeout ?? defaultTimeout);
  const ended = Promise.all(ids.map((id) => end(context, id)));
  if (seconds < 0 || times.some((time) => time < 0)) {
    await ended;
    return;
  }
  const limit = Math.max(seconds, ...times.map((time) => time + grace));
  if ((await within(limit * 1000, ended)) === 'late')
    context.log.error('containers did not end in time and live on', { seconds: limit });
}

async function end(context: Context, id: string): Promise<void> {
  try {
    await stopRunning(context, id, { for: 'engine' });
  } catch (error) {
    context.log.error('a container could not be stopped', { id, error: messageOf(error) });
  }
}
