// The shim that waits for work: it is used, replaced, survives nothing it should not, and takes many fds in order.
import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, sealedProgram } from '../../src/host/index.ts';
import { createCalm } from '../../src/runtime/spare/calm.ts';
import { createShims } from '../../src/runtime/spare/shims.ts';
import { until } from '../support/command.ts';
import { builtShim } from '../support/runtime.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-shims-'));
const program = sealedProgram('tug-shim', readFileSync(builtShim()), directory);
afterAll(() => {
  closeFd(program);
  rmSync(directory, { recursive: true });
});

/** The processes of that name with that parent that are alive. */
function named(name: string, parent: number): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return (
          status.startsWith(`Name:\t${name}\n`) &&
          status.includes(`\nPPid:\t${parent}\n`) &&
          /^State:\t[RS]/m.test(status)
        );
      } catch {
        return false; // it has gone meanwhile
      }
    })
    .map(Number);
}

const parents = (): number[] => named('tug-shims', process.pid);
/** Shims that our parents of shims have born, and that are alive. */
const ready = (): number[] => parents().flatMap((parent) => named('tug-shim', parent));
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

test('one waits; it goes home when it is not needed', async () => {
  const shims = createShims(program, createCalm(5), 1000);
  await until('a waiting shim', () => ready().length === 1);
  shims.close();
  await until('none', () => ready().length === 0);
});

test('a waiting shim that was killed is no loss, and another takes its place', async () => {
  const shims = createShims(program, createCalm(5), 1000);
  const [first = 0] = await until('a waiting shim', () => (ready().length === 1 ? ready() : undefined));
  process.kill(first, 'SIGKILL');
  await until('it is gone', () => !ready().includes(first));
  // Work without a usable plan: the shim that takes it ends at once.
  const junk = sealedProgram('junk', new Uint8Array(1), directory);
  shims.start([junk, junk, junk, junk]);
  closeFd(junk);
  const [second = 0] = await until('the next', () => (ready().length === 1 ? ready() : undefined));
  expect(second).not.toBe(first);
  shims.close();
  await until('none', () => ready().length === 0);
});

test('one that bears shims and was killed is replaced; those it bore live on', async () => {
  const shims = createShims(program, createCalm(5), 1000);
  const [waiting = 0] = await until('a waiting shim', () => (ready().length === 1 ? ready() : undefined));
  const [parent = 0] = parents();
  process.kill(parent, 'SIGKILL');
  await until('it is gone', () => parents().length === 0);
  expect(isAlive(waiting)).toBe(true);
  const junk = sealedProgram('junk', new Uint8Array(1), directory);
  shims.start([junk, junk, junk, junk]);
  closeFd(junk);
  await until('the waiting one has done its work', () => !isAlive(waiting));
  await until('another', () => ready().length === 1);
  expect(parents()).not.toEqual([parent]);
  shims.close();
  await until('none', () => parents().length + ready().length === 0);
});

test('what was born is a shim like one that was started: alone in its session, and called so', async () => {
  const shims = createShims(program, createCalm(5), 1000);
  const [waiting = 0] = await until('a waiting shim', () => (ready().length === 1 ? ready() : undefined));
  const [, , , , , session] = readFileSync(`/proc/${waiting}/stat`, 'utf8').split(' ');
  expect(session).toBe(String(waiting));
  expect(readFileSync(`/proc/${waiting}/cmdline`, 'utf8').replaceAll('\0', '')).toBe('tug-shim');
  expect(readdirSync(`/proc/${waiting}/fd`).toSorted()).toEqual(['0', '1', '2', '3']);
  // SigIgn: what it starts would have that, too.
  expect(/^SigIgn:\t0*(\d+)$/m.exec(readFileSync(`/proc/${waiting}/status`, 'utf8'))?.[1]).toBe('0');
  shims.close();
  await until('none', () => parents().length + ready().length === 0);
});
