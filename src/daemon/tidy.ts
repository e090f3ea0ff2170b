import { dropOwnCode } from '../host/index.ts';

const round = 2000;
/** Microseconds of work in a round below which the engine counts as idle. */
const idle = 20_000;

/**
 * After a busy time, once the engine is idle again, gives back what the work has left in memory: garbage, and pages of code. Never
 * while there is work. Returns the call that ends it.
 */
export function tidyWhenIdle(): () => void {
  let before = process.cpuUsage();
  let busy = true;
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    const worked = user + system > idle;
    if (!worked && busy) {
      Bun.gc(true);
      dropOwnCode();
    }
    busy = worked;
    before = process.cpuUsage();
  }, round);
  timer.unref();
  return () => clearInterval(timer);
}
