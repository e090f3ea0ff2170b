import { messageOf } from '../../kit/index.ts';
import type { Collection } from '../../store/index.ts';
import { parseMilliseconds } from '../clock.ts';
import type { Context } from '../context.ts';
import { endsUnhealthy, endUnhealthy } from '../life/again/unhealthy.ts';
import { type ContainerRow, findRow } from '../row.ts';
import {
  afterProbe,
  beginning,
  type Check,
  checkOf,
  type Health,
  type HealthMonitor,
  isSick,
  pauseBefore,
} from './health.ts';
import { runProbe } from './probe.ts';

/** By container; what a kill of the engine leaves may be a probe old. */
const healthRows: Collection<Health> = { name: 'health', indexes: {} };

/** A timer counts no further. */
const longest = 0x7fffffff;

/** A container that is probed: one timer, or one probe that runs. */
interface Watch {
  id: string;
  check: Check;
  startedAt: number;
  timer?: NodeJS.Timeout;
  halted: AbortController;
}

interface State {
  context: Context;
  healths: Map<string, Health>;
  watches: Map<string, Watch>;
}

/** Makes `context.health`: the next probe of a container is due a while after the end of the one before. */
export function createHealthMonitor(context: Context): HealthMonitor {
  const state: State = { context, healths: new Map(), watches: new Map() };
  const { healths, watches } = state;
  return {
    of: (id) => healths.get(id),
    begin(row) {
      const check = checkOf(row.config);
      if (!check) return;
      write(state, row.id, beginning(healths.get(row.id)));
      watchOver(state, row, check);
    },
    resume(row) {
      const check = checkOf(row.config);
      if (!check) return;
      if (!healths.has(row.id)) write(state, row.id, beginning(undefined));
      watchOver(state, row, check);
    },
    halt(id) {
      stop(state, id);
      const health = healths.get(id);
      if (health && health.Status !== 'unhealthy') write(state, id, { ...health, Status: 'unhealthy' });
    },
    forget(id) {
      stop(state, id);
      if (healths.delete(id)) context.store.note((tx) => tx.collection(healthRows).delete(id));
    },
    restore() {
      const rows = context.store.view((tx) => tx.collection(healthRows).all());
      for (const { id, document } of rows) healths.set(id, document);
    },
    close() {
      for (const { timer } of watches.values()) clearTimeout(timer);
      watches.clear();
    },
  };
}

function write({ context, healths }: State, id: string, health: Health): void {
  healths.set(id, health);
  context.store.note((tx) => tx.collection(healthRows).put(id, health));
}

function stop({ watches }: State, id: string): void {
  const watch = watches.get(id);
  clearTimeout(watch?.timer);
  watch?.halted.abort();
  watches.delete(id);
}

function watchOver(state: State, row: ContainerRow, check: Check): void {
  stop(state, row.id);
  const watch = { id: row.id, check, startedAt: parseMilliseconds(row.startedAt), halted: new AbortController() };
  state.watches.set(row.id, watch);
  schedule(state, watch);
}

function schedule(state: State, watch: Watch): void {
  const health = state.healths.get(watch.id);
  if (!health) return;
  const pause = pauseBefore(watch.check, health, Date.now() - watch.startedAt);
  watch.timer = setTimeout(
    () => {
      probe(state, watch).catch((error) =>
        state.context.log.error('a health check failed', { id: watch.id, error: messageOf(error) }),
      );
    },
    Math.min(pause, longest),
  );
}

async function probe(state: State, watch: Watch): Promise<void> {
  const { context, healths } = state;
  const row = findRow(context.store, watch.id);
  const age = Date.now() - watch.startedAt;
  if (!row || context.closing) return;
  const result = await runProbe(context, row, watch.check, watch.halted.signal);
  const health = healths.get(watch.id);
  if (watch.halted.signal.aborted || context.closing || !health) return;
  const next = afterProbe(health, watch.check, result, age);
  healths.set(watch.id, next);
  const ends = isSick(watch.check, next) && endsUnhealthy(context, watch.id);
  // Also when it cannot be written down, probing goes on.
  if (!ends) schedule(state, watch);
  write(state, watch.id, next);
  if (next.Status !== health.Status) context.events.publish(row, `health_status: ${next.Status}`);
  if (ends) await endSick(state, watch);
}

/** Nobody probes it meanwhile; one that cannot be ended is looked at again. */
async function endSick(state: State, watch: Watch): Promise<void> {
  try {
    await endUnhealthy(state.context, watch.id);
  } finally {
    if (state.watches.get(watch.id) === watch && !state.context.closing) schedule(state, watch);
  }
}
