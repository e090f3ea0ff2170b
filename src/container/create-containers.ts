import { EngineError, type Tracer } from '../kit/index.ts';
import { attach } from './attach/attach.ts';
import { change } from './change/change.ts';
import { checkContainers } from './check/check.ts';
import { createCheckpoints } from './checkpoints/checkpoints.ts';
import { type ContainerDependencies, type Context, createContext } from './context.ts';
import type { Containers } from './contract.ts';
import { execCreate, execInspect, execResize, execStart } from './exec/exec.ts';
import type { ContainerFiles } from './files/contract.ts';
import { createFiles } from './files/files.ts';
import { createHealthMonitor } from './health/monitor.ts';
import { restart } from './life/again/restart.ts';
import { restore } from './life/again/restore.ts';
import { prune } from './life/end/prune.ts';
import { remove } from './life/end/remove.ts';
import { shutdown } from './life/end/shutdown.ts';
import { kill, stop } from './life/end/stop.ts';
import { pause, unpause } from './life/pause.ts';
import { rename } from './life/rename.ts';
import { start } from './life/start/start.ts';
import { update } from './life/update.ts';
import { logs } from './log/logs.ts';
import { resolve } from './lookup.ts';
import { create } from './make/create.ts';
import { connect, disconnect } from './network/connect.ts';
import { diagnose } from './network/doctor.ts';
import { changePorts } from './network/ports.ts';
import { isRunning } from './row.ts';
import { createSnapshots } from './snapshots/snapshots.ts';
import { stats } from './stats/stats.ts';
import { inspect } from './view/inspect.ts';
import { list, presentRows } from './view/list.ts';
import { top } from './view/top.ts';

/** The container room: all state in the store, all processes in the runtime. Call `restore` once before anything else. */
export function createContainers(dependencies: ContainerDependencies): Containers {
  const context = createContext(dependencies, {
    startAgain: (due, id) => start(due, id, 'policy'),
    monitor: createHealthMonitor,
  });
  const { tracer } = context;
  return {
    create: (request) => tracer.span('container.create', () => create(context, request)),
    start: async (reference, from) => start(context, resolve(context.store, reference).id, 'user', from),
    stop: (reference, options) => stop(context, reference, options),
    restart: (reference, options) => restart(context, reference, options),
    kill: (reference, options) => kill(context, reference, options),
    pause: (reference) => pause(context, reference),
    unpause: (reference) => unpause(context, reference),
    rename: (reference, name) => rename(context, reference, name),
    connect: (...request) => connect(context, ...request),
    change: (...request) => change(context, ...request),
    diagnose: (from, to) => diagnose(context, from, to),
    changePorts: (reference, change) => changePorts(context, reference, change),
    disconnect: (...request) => disconnect(context, ...request),
    update: (reference, request) => update(context, reference, request),
    top: (reference, psArgs) => top(context, reference, psArgs),
    stats: (...request) => stats(context, ...request),
    prune: (filters) => prune(context, filters),
    remove: (reference, options) => tracer.span('container.delete', () => remove(context, reference, options)),
    wait: async (...request) => wait(context, ...request),
    list: (options) => list(context, options),
    inspect: (reference, options) => inspect(context, reference, options),
    resize: (reference, size) => resize(context, reference, size),
    logs: async (reference, query, signal) => logs(context, reference, query, signal),
    attach: async (reference, options) => attach(context, reference, options),
    execCreate: async (reference, config) => execCreate(context, reference, config),
    execStart: (id, options) => execStart(context, id, options),
    execInspect: (id) => execInspect(context, id),
    execResize: (id, size) => execResize(context, id, size),
    ...traced(tracer, createFiles(context)),
    ...createCheckpoints(context),
    ...createSnapshots(context),
    subscribe: context.events.subscribe,
    counts: () => counts(context),
    restore: () => restore(context),
    check: () => checkContainers(context),
    shutdown: (seconds) => shutdown(context, seconds),
    close: async () => close(context),
  };
}

/** Those of which it is told how long they took. */
function traced(tracer: Tracer, files: ContainerFiles): ContainerFiles {
  return {
    ...files,
    commit: (...request) => tracer.span('container.commit', () => files.commit(...request)),
    changes: (...request) => tracer.span('container.changes', () => files.changes(...request)),
  };
}

function wait(context: Context, ...[reference, condition, signal]: Parameters<Containers['wait']>) {
  const row = resolve(context.store, reference);
  const over = condition === 'not-running' && !isRunning(row) && row.state !== 'starting';
  const failed = row.error === '' ? {} : { Error: { Message: row.error } };
  if (over) return { done: Promise.resolve({ StatusCode: row.exitCode, ...failed }) };
  return { done: context.waiters.add(row.id, condition, signal) };
}

async function resize(context: Context, reference: string, size: { rows: number; columns: number }): Promise<void> {
  const row = resolve(context.store, reference);
  const run = context.runs.get(row.id);
  if (!run) throw new EngineError('conflict', `container ${row.id} is not running`);
  // Docker says nothing where there is no terminal.
  if (row.config.Tty) await run.process.resize(size.rows, size.columns);
  context.events.publish(row, 'resize', { height: String(size.rows), width: String(size.columns) });
}

function counts(context: Context): ReturnType<Containers['counts']> {
  const rows = presentRows(context);
  const up = rows.filter(isRunning);
  const paused = up.filter((row) => row.paused).length;
  return { total: rows.length, running: up.length - paused, paused, stopped: rows.length - up.length };
}

/** The shims go on without this engine; nobody waits for them here any more. */
async function close(context: Context): Promise<void> {
  context.closing = true;
  for (const timer of context.restarts.values()) clearTimeout(timer);
  context.health.close();
  context.execs.close();
  await context.logs.close();
}
