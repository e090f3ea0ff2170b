// A real distribution: Debian, made here with debootstrap, in which packages install and services start.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, type Result, type RunOptions, run, until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

const cache = join(import.meta.dirname, '../../.cache');
const tar = join(cache, 'debian-bookworm.tar');
let engine: Engine;

beforeAll(async () => {
  if (!existsSync(tar)) await debootstrap();
  engine = await startEngine();
  const imported = await engine.docker(['import', '-c', 'CMD ["bash"]', tar, 'debian:bookworm'], { timeout: 120_000 });
  expect(imported.stderr).toBe('');
}, 600_000);

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

async function debootstrap(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(tmpdir(), 'tug-debian-'));
  await must(['debootstrap', '--variant=minbase', 'bookworm', root], { timeout: 500_000 });
  chmodSync(root, 0o755);
  rmSync(join(root, 'var/cache/apt/archives'), { recursive: true });
  mkdirSync(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
  await must(['tar', '-C', root, '--numeric-owner', '-cf', `${tar}.new`, '.'], { timeout: 100_000 });
  renameSync(`${tar}.new`, tar);
  rmSync(root, { recursive: true });
}

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
