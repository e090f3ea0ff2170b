import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime } from '../clock.ts';
import type { Context } from '../context.ts';
import type { Containers, StatsSample } from '../contract.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, findRow } from '../row.ts';
import { readInterfaces } from './interfaces.ts';
import { readMachine } from './machine.ts';
import { emptySample, type Look, shapeSample } from './shape.ts';

/** Milliseconds between two samples of a stream. */
const interval = 1000;
/** Milliseconds between the two looks of a single sample: CPU time is counted in hundredths of a second. */
const short = 250;

/** See Containers.stats. */
export async function stats(
  context: Context,
  ...[reference, options, signal]: Parameters<Containers['stats']>
): ReturnType<Containers['stats']> {
  const row = resolve(context.store, reference);
  if (options.stream) return stream(context, row.id, signal);
  return single(context, row, { oneShot: options.oneShot, signal });
}

async function* single(
  context: Context,
  row: ContainerRow,
  { oneShot, signal }: { oneShot: boolean; signal: AbortSignal },
): AsyncGenerator<StatsSample> {
  const first = look(context, row);
  if (!first) return yield emptySample(who(row));
  // Docker tells no name in this case.
  if (oneShot) return yield shapeSample({}, first);
  await pause(short, signal);
  const second = look(context, row);
  if (!signal.aborted) yield second ? shapeSample(who(row), second, first) : emptySample(who(row));
}

async function* stream(context: Context, id: string, signal: AbortSignal): AsyncGenerator<StatsSample> {
  let before: Look | undefined;
  for (let due = Date.now(); !signal.aborted && !context.closing; due += interval) {
    await pause(due - Date.now(), signal);
    const row = findRow(context.store, id);
    if (!row || row.name === null || signal.aborted) return;
    const now = look(context, row);
    yield now ? shapeSample(who(row), now, before) : emptySample(who(row));
    before = now;
    // A reader that takes long gets no burst afterwards.
    due = Math.max(due, Date.now() - interval);
  }
}

const who = (row: ContainerRow) => ({ name: `/${row.name}`, id: row.id });

function look(context: Context, row: ContainerRow): Look | undefined {
  const { control, pid = 0 } = context.runs.get(row.id)?.process ?? {};
  if (!control || pid === 0) return undefined;
  const own = row.networkOf !== undefined || Object.keys(row.networks).some((name) => name !== 'host');
  return {
    at: formatTime(context.clock()),
    usage: control.usage(),
    machine: readMachine(),
    interfaces: own ? readInterfaces(pid) : {},
  };
}

/** Ends early, without a word, when the reader leaves. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
