// The monitor's own confinement: what of it the kernel refuses is told to the engine, which says so.
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, silent } from '../../src/kit/index.ts';
import { must } from '../support/command.ts';
import { builtShim, makeBench, shimOf } from '../support/runtime.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-monitor-'));
const warnings: unknown[][] = [];
const log: Log = { ...silent, warn: (...said) => void warnings.push(said) };
// The processes of this bench cannot be given a filter; they are the native runtime's, for the other ones set filters themselves.
const wrapper = join(directory, 'shim');
const source = join(import.meta.dirname, '../support/refuse-seccomp.c');
await must(['cc', '-O1', '-Wall', '-Werror', '-static', `-DREAL="${builtShim()}"`, '-o', wrapper, source]);
const hindered = makeBench('exec', { shim: { path: wrapper }, log });
const free = makeBench('exec', { log });
afterAll(async () => {
  await hindered.remove();
  await free.remove();
  rmSync(directory, { recursive: true });
});

async function statusOfMonitor(
  bench: typeof free,
  runtime: { runtime?: string },
): Promise<{ id: string; status: string }> {
  const pending = await bench.launch(['sleep', '1000'], runtime);
  await pending.go();
  const status = readFileSync(`/proc/${shimOf(pending.process.pid)}/status`, 'utf8');
  await pending.process.signal(9);
  await pending.process.exited;
  await pending.process.release();
  return { id: pending.process.id, status };
}

test('a monitor that cannot set its filter says so, drops the rest, and watches all the same', async () => {
  const { id, status } = await statusOfMonitor(hindered, { runtime: 'native' });
  expect(warnings.splice(0)).toEqual([
    ['the monitor of a process could not give up all of its powers', { id, error: 'permission denied' }],
  ]);
  // The one filter is that of the test.
  expect(status).toMatch(/^Seccomp_filters:\t1$/m);
  expect(status).toContain('CapEff:\t0000000000000022');
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
});

test('one that can says nothing', async () => {
  const { status } = await statusOfMonitor(free, {});
  expect(warnings).toEqual([]);
  expect(status).toMatch(/^Seccomp_filters:\t1$/m);
});
