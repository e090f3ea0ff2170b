// The shim that waits for work: it is used, replaced, survives nothing it should not, and takes many fds in order.
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

/** Our children that are shims and still alive. */
function ready(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return status.includes(`\nPPid:\t${process.pid}\n`) && /^Name:\ttug-shim\nUmask.*\nState:\t[RS]/.test(status);
      } catch {
        return false; // it has gone meanwhile
      }
    })
    .map(Number);
}

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
