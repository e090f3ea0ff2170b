import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, type Result } from '../support/command.ts';
import { startPeer } from '../support/peer.ts';
import { type Case, cases, shapes } from './cli-cases.ts';

const socket = await startPeer();
const image = 'cli-conformance:1';
const shared = 'cli-shared';
const executable = join(import.meta.dirname, '../../dist/tug');
const env = {
  ...process.env,
  DOCKER_HOST: `unix://${socket}`,
  DOCKER_API_VERSION: '1.50',
  CLI_TEST: 'inherited',
  COLUMNS: '80',
};

interface Program {
  name: string;
  run(args: string[], stdin?: string): Promise<Result>;
}

/** Both programs are called `docker`, so that every word must be the same. */
const theirs: Program = { name: 'cli-theirs', run: (args, stdin) => start('docker', args, stdin) };
const ours: Program = { name: 'cli-ours', run: (args, stdin) => start(executable, args, stdin) };

async function start(command: string, args: string[], stdin = ''): Promise<Result> {
  const child = spawn(command, args, { argv0: 'docker', env, timeout: 30_000, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

/** A case's words: spaces part them, `~` is a space within one. */
function words(line: string, program: Program): string[] {
  return line
    .split(' ')
    .map((word) =>
      word.replaceAll('{}', program.name).replaceAll('IMAGE', image).replaceAll('~', ' ').replace(/^\$$/, shared),
    );
}

/** Takes out what differs between any two runs of the same program. */
function normal(text: string, { volatile }: Case): string {
  const named = text.replaceAll(theirs.name, '{}').replaceAll(ours.name, '{}');
  const timed = named
    .replace(/\b(About an? \w+|Less than a second|\d+ (second|minute|hour)s?)( {2,}| ago)/g, 'T ago')
    .replace(/Up (About an? \w+|Less than a second|\d+ \w+)/g, 'Up T')
    .replace(/ +/g, ' ');
  return volatile ? timed.replace(/[0-9a-f]{12,64}/g, 'ID') : timed;
}

async function compare(one: Case): Promise<void> {
  const wanted = await theirs.run(words(one.line, theirs), one.stdin);
  const got = await ours.run(words(one.line, ours), one.stdin);
  const shape = (result: Result) => ({
    code: result.code,
    stdout: normal(result.stdout, one),
    stderr: normal(result.stderr, one),
  });
  expect(shape(got)).toEqual(shape(wanted));
}

async function makeImage(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'cli-image-'));
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'tmp'));
  mkdirSync(join(root, 'etc'));
  cpSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of 'sh cat echo true false sleep ls id hostname env stty pwd kill trap head yes dd'.split(' ')) {
    symlinkSync('busybox', join(root, 'bin', name));
  }
  await must(['sh', '-c', `tar -C ${root} -c . | docker import -c 'CMD ["sh"]' - ${image}`], { env: env as never });
  rmSync(root, { recursive: true });
}

describe.skipIf(!socket)('the same words as the real program', () => {
  beforeAll(async () => {
    await cleanUp();
    await makeImage();
    const options = `run -d --name ${shared} -l a.b=c -p 127.0.0.1:18099:99 -v ${shared}:/data IMAGE sh -c echo~one;echo~two~>&2;sleep~10000`;
    await must(['docker', ...words(options, theirs)], { env: env as never });
  }, 60_000);
  afterAll(cleanUp, 60_000);

  for (const one of cases) test(one.line, () => compare(one), 60_000);

  for (const shape of shapes) {
    test(`create ${shape}`, async () => {
      expect(await created(ours, shape)).toEqual(await created(theirs, shape));
    }, 60_000);
  }
});

/** What the engine made of a program's flags. */
async function created(program: Program, shape: string): Promise<unknown> {
  const result = await program.run(words(`create --name {} ${shape} IMAGE one two`, program));
  try {
    expect(result.stderr.replaceAll(program.name, '{}')).toMatch(/^(WARNING.*\n)*$/);
    const text = await must(['docker', 'inspect', program.name], { env: env as never });
    const [{ Config, HostConfig, NetworkSettings, Mounts }] = JSON.parse(text);
    const mounts = Mounts.map(({ Type, Destination, Mode, RW }: Record<string, unknown>) => ({
      Type,
      Destination,
      Mode,
      RW,
    }));
    mounts.sort((a: { Destination: string }, b: { Destination: string }) => (a.Destination < b.Destination ? -1 : 1));
    // An unset hostname is the id's beginning.
    const Hostname = /^[0-9a-f]{12}$/.test(Config.Hostname) ? 'ID' : Config.Hostname;
    // Docker's program puts variables in another order each time: it keeps them in a map.
    const Env = (Config.Env ?? []).toSorted();
    return { Config: { ...Config, Hostname, Env }, HostConfig, networks: NetworkSettings.Networks, mounts };
  } finally {
    await must(['docker', 'rm', '-fv', program.name], { env: env as never });
  }
}

async function cleanUp(): Promise<void> {
  if (!socket) return;
  const names = [shared, theirs.name, ours.name];
  await start('docker', ['rm', '-fv', ...names]);
  await start('docker', ['volume', 'rm', '-f', shared]);
  // Containers that the cases left nameless; without its name the image would not find them.
  const { stdout } = await start('docker', ['ps', '-aq', '-f', `ancestor=${image}`]);
  const left = stdout.split('\n').filter(Boolean);
  if (left.length > 0) await start('docker', ['rm', '-fv', ...left]);
  await start('docker', ['rmi', '-f', image]);
}
