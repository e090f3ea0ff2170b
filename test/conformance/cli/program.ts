import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, type Result, until } from '../../support/command.ts';
import { type Case, words } from './case.ts';

const executable = join(import.meta.dirname, '../../../dist/tug');
const image = 'cli-conformance:1';
const shared = 'cli-shared';

/** A command line program at an engine. It is called `docker` whichever it is, so that every word must be the same. */
export interface Program {
  /** The name of its own container. */
  name: string;
  env: Record<string, string>;
  run(
    args: string[],
    options?: { stdin?: string | undefined; env?: Record<string, string> | undefined },
  ): Promise<Result>;
  /** One case from a directory of the program's own. */
  play(one: Case): Promise<Result>;
  words(line: string): string[];
  /** The directory that cases are played in. */
  directory: string;
}

/** Docker's own program, or tug, at a socket. */
export function createProgram(which: 'docker' | 'tug', socket: string, name: string): Program {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  const env = {
    ...(process.env as Record<string, string>),
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_API_VERSION: '1.50',
    DOCKER_CONFIG: join(directory, '.docker'),
    CLI_TEST: 'inherited',
    COLUMNS: '80',
  };
  const command = which === 'docker' ? 'docker' : executable;
  const program: Program = {
    name,
    env,
    directory,
    words: (line) => words(line, { own: name, shared, image }),
    play: (one) => program.run(program.words(one.line), { stdin: one.stdin, env: one.env }),
    async run(args, options = {}) {
      const child = spawn(command, args, {
        argv0: 'docker',
        cwd: directory,
        env: { ...env, ...options.env },
        timeout: 30_000,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (bytes: Buffer) => {
        stdout += bytes.toString();
      });
      child.stderr.on('data', (bytes: Buffer) => {
        stderr += bytes.toString();
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(options.stdin ?? '');
      const [code] = (await once(child, 'close')) as [number | null];
      return { code: code ?? -1, stdout, stderr };
    },
  };
  return program;
}

/** Gives an engine the image and the container that cases speak of. */
export async function furnish(program: Program): Promise<void> {
  await clear(program);
  const root = mkdtempSync(join(tmpdir(), 'cli-image-'));
  for (const directory of ['bin', 'tmp', 'etc']) mkdirSync(join(root, directory));
  cpSync('/bin/busybox', join(root, 'bin/busybox'));
  const applets = 'sh cat echo true false sleep ls id hostname env stty pwd kill trap head yes dd mkdir ln touch';
  for (const name of applets.split(' ')) symlinkSync('busybox', join(root, 'bin', name));
  const tar = ['tar', '-C', root, '--mtime=@1700000000', '--sort=name', '--owner=0', '--group=0', '-c', '.'];
  const line = `${tar.join(' ')} | docker import -c 'CMD ["sh"]' - ${image}`;
  await must(['sh', '-c', line], { env: program.env });
  rmSync(root, { recursive: true });
  const script = 'mkdir~/tree;echo~a>/tree/a;ln~-s~a~/tree/link;echo~two~>&2;sleep~0.2;echo~one;sleep~10000';
  const options = `run -d --name ${shared} -l a.b=c -p 127.0.0.1:18099:99 -v ${shared}:/data IMAGE sh -c ${script}`;
  await must(['docker', ...program.words(options)], { env: program.env });
  const logged = () => must(['docker', 'logs', shared], { env: program.env });
  await until('both lines are in the log', async () => (await logged()).includes('one'));
}

/** Takes out what differs between any two runs of the same program, and between two engines. */
export function normal(text: string, { volatile, engines, unordered }: Case, programs: Program[]): string {
  const ordered = unordered ? text.split('\n').toSorted().join('\n') : text;
  const named = programs.reduce(
    (so, { name, directory }) => so.replaceAll(directory, 'DIRECTORY').replaceAll(name, '{}'),
    ordered,
  );
  const timed = named
    // What Docker's program logs of its own pipes, now and then.
    .replace(/^time="[^"]*" level=error msg="Can't .* tar.*\n/gm, '')
    .replace(/\b(About an? \w+|Less than a second|\d+ (second|minute|hour)s?)( {2,}| ago)/g, 'T ago')
    .replace(/Up (About an? \w+|Less than a second|\d+ \w+)/g, 'Up T')
    .replace(/ +/g, ' ');
  const ids = volatile || !engines ? timed.replace(/\b(sha256:)?[0-9a-f]{12,64}\b/g, 'ID') : timed;
  if (engines) return ids;
  return ids
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)?/g, 'TIME')
    .replace(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, 'MAC');
}

/** Removes whatever cases and the furniture left on an engine. */
export async function clear(program: Program): Promise<void> {
  const run = (...args: string[]) => must(['sh', '-c', 'docker "$@"; true', 'docker', ...args], { env: program.env });
  await run('rm', '-fv', shared, program.name, `${program.name}-seen`);
  await run('network', 'rm', '-f', shared);
  await run('volume', 'rm', '-f', shared, program.name, `${program.name}2`);
  // Containers that the cases left nameless; without its name the image would not find them.
  const left = (await run('ps', '-aq', '-f', `ancestor=${image}`)).split('\n').filter(Boolean);
  if (left.length > 0) await run('rm', '-fv', ...left);
  await run('rmi', '-f', image, `${program.name}:made`, `${program.name}:x`);
}
