import { type ProcessState, processState } from '../../../host/index.ts';
import type { Process } from '../../../runtime/index.ts';

const states: Record<string, string> = {
  D: 'in uninterruptible sleep',
  Z: 'a zombie that nobody has collected',
  T: 'stopped',
  t: 'traced',
};
const mostNamed = 5;

/** Who of a killed container is still there, and what the kernel says of them; the culprits first. Empty for nobody. */
export async function survivors(process: Pick<Process, 'pids' | 'pid'>): Promise<string> {
  const pids = await process.pids();
  return describe((pids.length > 0 ? pids : [process.pid]).map(processState).filter((found) => found !== undefined));
}

/** `process 41 (cat) is in uninterruptible sleep (D, waits in fuse_wait)`, for five at most. */
export function describe(found: ProcessState[]): string {
  const sorted = found.toSorted((one, other) => rank(one) - rank(other) || one.pid - other.pid);
  const named = sorted.slice(0, mostNamed).map(({ pid, name, state, wchan }) => {
    const waits = wchan === '' ? '' : `, waits in ${wchan}`;
    return `process ${pid} (${name}) is ${states[state] ?? 'still there'} (${state}${waits})`;
  });
  const more = sorted.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

const rank = ({ state }: ProcessState): number => (state === 'D' ? 0 : 1);
