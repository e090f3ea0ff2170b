// The example of a database and WordPress, in an engine of its own. The first run makes the images, which takes minutes.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { run } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
const example = join(import.meta.dirname, '../../examples/wordpress');
let engine: Engine;
let env: Record<string, string>;

beforeAll(async () => {
  engine = await startEngine();
  env = { DOCKER_HOST: engine.host, TUG: executable, PORT: String(await freePort()) };
  const made = await run([join(example, 'images.sh')], { env, timeout: 1_500_000 });
  expect([made.code, made.stderr]).toEqual([0, '']);
}, 1_600_000);

afterAll(async () => {
  await run([join(example, 'run.sh'), 'clean'], { env });
  expect(await engine.dispose()).toEqual([]);
}, 120_000);

test.each([
  ['link', 'link-and-host-directory'],
  ['network', 'network-and-named-volume'],
  ['container', 'volume-container'],
])(
  '%s: a post is there after the containers were made anew',
  async (way, name) => {
    const { code, stdout, stderr } = await run([join(example, 'run.sh'), way], { env, timeout: 280_000 });
    expect([code, stdout, stderr]).toEqual([
      0,
      `${name}: the post is there after both containers were removed and made anew\n`,
      '',
    ]);
    // Nobody sees the password but the containers.
    expect((await engine.tug(['inspect', 'blog-db', 'blog-web'])).stdout).not.toContain('a-password-of-the-example');
  },
  300_000,
);
