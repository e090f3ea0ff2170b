// The examples that are built from Debian's packages and npm's registry, in an engine of their own. It takes minutes.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
const example = join(import.meta.dirname, '../../examples/builds/run.sh');
let engine: Engine;
let env: Record<string, string>;

beforeAll(async () => {
  engine = await startEngine();
  env = { DOCKER_HOST: engine.host, TUG: executable };
}, 60_000);

afterAll(async () => {
  await run([example, 'clean'], { env });
  expect(await engine.dispose()).toEqual([]);
}, 120_000);

test.each([
  ['apache', 'apache: Apache, built'],
  ['c', 'c: Hello, world!'],
  ['php', 'php: PHP, built'],
  ['mariadb', 'mariadb: written, and there after a restart'],
  ['node', 'node: "express":"4.21.2"'],
  ['bun', 'bun: Bun 1.3.0, built'],
])(
  '%s is built, run and used',
  async (name, said) => {
    const { code, stdout, stderr } = await run([example, name], { env, timeout: 1_100_000 });
    expect([code, stdout, code === 0 ? '' : stderr]).toEqual([0, `${said}\n`, '']);
  },
  1_200_000,
);
