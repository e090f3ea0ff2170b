// `tug top` without a container: all of them, live at a terminal, once elsewhere.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { openTerminal } from '../support/terminal.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  await engine.tug(['run', '-d', '--name', 'busy', 'busybox', 'sh', '-c', 'while :; do :; done']);
  await engine.tug(['update', '--cpus', '0.2', 'busy']);
  await engine.tug(['run', '-d', '--name', 'many', 'busybox', 'sh', '-c', 'sleep 999 & sleep 999 & sleep 999 & wait']);
});
afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

test('where there is no terminal it prints one table, the greediest first', async () => {
  const { code, stdout } = await engine.tug(['top']);
  expect(code).toBe(0);
  const [summary, titles, first, second, ...rest] = stdout.trimEnd().split('\n');
  expect(summary).toMatch(/^2 containers {3}CPU \d+\.\d\d% {3}memory .* {3}sorted by CPU %$/);
  expect(titles).toMatch(/^NAME +CPU % +MEM USAGE +MEM % +NET I\/O \/s +BLOCK I\/O \/s +PIDS$/);
  expect(first).toMatch(/^busy +\d+\.\d\d% /);
  expect(Number(/(\d+\.\d\d)%/.exec(first ?? '')?.[1])).toBeGreaterThan(3);
  expect(second).toMatch(/^many +0\.\d\d% .* 4$/);
  expect(rest).toEqual([]);
});

test('at a terminal keys sort it anew, and q leaves the screen as it was', async () => {
  const terminal = await openTerminal(`echo before; ${executable} top`, { DOCKER_HOST: engine.host });
  try {
    await terminal.shows(/NAME .*\nbusy .*\nmany .* 4$/m);
    await terminal.press('p');
    await terminal.shows(/sorted by PIDS *\nNAME .*\nmany .*\nbusy /);
    await terminal.press('m');
    await terminal.shows(/sorted by MEM USAGE/);
    await terminal.press('q');
    const after = await terminal.shows(/\[exit 0\]/);
    expect(after).toContain('before');
    expect(after).not.toContain('NAME');
  } finally {
    await terminal.close();
  }
}, 30_000);

test("docker top is Docker's: it wants a container", async () => {
  const docker = join(engine.directory, 'docker');
  symlinkSync(executable, docker);
  const bare = await run([docker, 'top'], { env: { DOCKER_HOST: engine.host } });
  expect([bare.code, bare.stderr]).toEqual([
    1,
    "docker: 'docker top' requires at least 1 argument\n\nUsage:  docker top CONTAINER [ps OPTIONS]\n\nSee 'docker top --help' for more information\n",
  ]);
  const one = await run([docker, 'top', 'many'], { env: { DOCKER_HOST: engine.host } });
  expect(one.stdout.trimEnd().split('\n')).toHaveLength(5);
});
