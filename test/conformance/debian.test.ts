// A real distribution: Debian, made here with debootstrap, in which packages install and services start.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Result, type RunOptions, run, until } from '../support/command.ts';
import { debianTar } from '../support/debian.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  const tar = await debianTar();
  engine = await startEngine();
  const imported = await engine.docker(['import', '-c', 'CMD ["bash"]', tar, 'debian:bookworm'], { timeout: 120_000 });
  expect(imported.stderr).toBe('');
}, 600_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

describe.each(['docker', 'tug'])('%s', (program) => {
  const cli = (args: string[], options: RunOptions = {}): Promise<Result> =>
    program === 'tug' ? engine.tug(args, options) : engine.docker(args, options);

  test('apt-get install apache2, service apache2 start, and the page through -p', async () => {
    const name = `${program}-apache`;
    const port = await freePort();
    const started = await cli([
      'run',
      '-d',
      '--name',
      name,
      '-p',
      `${port}:80`,
      'debian:bookworm',
      'sleep',
      'infinity',
    ]);
    expect(started.stderr).toBe('');
    const installed = await cli(
      [
        'exec',
        '-e',
        'DEBIAN_FRONTEND=noninteractive',
        name,
        'sh',
        '-c',
        'apt-get update -qq && apt-get install -y -qq --no-install-recommends apache2 curl',
      ],
      { timeout: 300_000 },
    );
    expect(`${installed.stdout}${installed.stderr}`).toContain('Setting up apache2');
    expect(installed.code).toBe(0);
    expect((await cli(['exec', name, 'service', 'apache2', 'start'])).code).toBe(0);
    const page = await until('the page', async () => {
      const got = await run(['curl', '-sf', '-m', '3', `http://127.0.0.1:${port}/`]);
      return got.code === 0 && got.stdout;
    });
    expect(page).toContain('Apache2 Debian Default Page');
    expect((await cli(['rm', '-f', name])).code).toBe(0);
  }, 400_000);
});
