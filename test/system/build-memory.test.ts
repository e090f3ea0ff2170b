// What the engine holds while a context comes in does not grow with the context.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { must } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

setDefaultTimeout(180_000);

const megabytes = Number(process.env.TUG_CONTEXT_MB ?? 300);
/** Of the engine's own memory, and what may wait for the collector besides. */
const most = 150;

let engine: Engine;
let context: ReturnType<typeof buildContext>;

beforeAll(async () => {
  engine = await startEngine();
  context = buildContext({ Dockerfile: 'FROM scratch\nCOPY . /data\n' });
  for (const name of ['one', 'two', 'three']) {
    const path = join(context.directory, name);
    writeFileSync(path, name);
    truncateSync(path, Math.ceil(megabytes / 3) << 20);
  }
});

afterAll(async () => {
  context[Symbol.dispose]();
  expect(await engine.dispose()).toEqual([]);
});

/** Megabytes of the engine, in a field of its status. */
function memory(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${engine.pid()}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
}

test.each([
  ['our command line', 'tug', {}],
  ["the classic builder's", 'docker', { DOCKER_BUILDKIT: '0' }],
] as const)(`${megabytes} MB by %s`, async (_name, program, env) => {
  writeFileSync(`/proc/${engine.pid()}/clear_refs`, '5');
  const before = memory('VmRSS');
  const args = ['build', '-q', '--no-cache', '-t', 'large', context.directory];
  const { code, stderr } = await engine[program](args, { env: { ...env }, timeout: 170_000 });
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(memory('VmHWM') - before).toBeLessThan(most);
  const [size] = (
    await must(['docker', 'image', 'inspect', '-f', '{{.Size}}', 'large'], { env: { DOCKER_HOST: engine.host } })
  ).split('\n');
  expect(Number(size)).toBeGreaterThan(megabytes << 20);
});
