// Where a build may take files from besides a directory: repositories, URLs, the standard input, named contexts, agents.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { must, type Result, run, until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';

setDefaultTimeout(120_000);

let engine: Engine;
let directory: string;
let git: ChildProcess;
let gitUrl: string;
let web: Server;
let webUrl: string;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tug-ways-'));
  mkdirSync(at('bin'));
  // What stands for ssh here says which keys the agent has, and serves the repository.
  writeFileSync(
    at('bin/ssh'),
    `#!/bin/sh\nssh-add -L > ${at('seen')} 2>&1\nfor last; do :; done\nexec sh -c "$last"\n`,
  );
  chmodSync(at('bin/ssh'), 0o755);
  engine = await startEngine({ env: { PATH: `${at('bin')}:${process.env.PATH}` } });
  await engine.withBusybox();
  await makeRepository();
  const port = await freePort();
  gitUrl = `git://127.0.0.1:${port}/repository.git`;
  const daemon = [
    'daemon',
    '--reuseaddr',
    '--export-all',
    '--listen=127.0.0.1',
    `--port=${port}`,
    `--base-path=${directory}`,
  ];
  git = spawn('git', [...daemon, directory], { stdio: 'ignore' });
  await until('git answers', async () => (await run(['git', 'ls-remote', gitUrl])).code === 0);
  web = createServer((request, response) => {
    const path = at(`web${request.url}`);
    if (!existsSync(path)) response.writeHead(404).end();
    else response.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  webUrl = `http://127.0.0.1:${(web.address() as { port: number }).port}`;
});

afterAll(async () => {
  const ended = new Promise((resolve) => git.once('exit', resolve));
  git.kill();
  await ended;
  await new Promise((resolve) => web.close(resolve));
  expect(await engine.dispose()).toEqual([]);
  rmSync(directory, { recursive: true, force: true });
});

/** A repository with a Dockerfile at its root and in a directory, on two branches, bare, and files of it for the web. */
async function makeRepository(): Promise<void> {
  const work = at('work');
  const files: [string, string][] = [
    ['Dockerfile', 'FROM scratch\nCOPY file /\n'],
    ['file', 'of the root'],
    ['sub/Dockerfile', 'FROM scratch\nCOPY file /\n'],
    ['sub/other.Dockerfile', 'FROM scratch\nCOPY file /other\n'],
    ['sub/file', 'of the directory'],
  ];
  for (const [name, text] of files) {
    mkdirSync(join(work, name, '..'), { recursive: true });
    writeFileSync(join(work, name), text);
  }
  const author = ['-c', 'user.name=me', '-c', 'user.email=me@here'];
  const steps = [
    ['init', '-q', '-b', 'main'],
    ['add', '.'],
    [...author, 'commit', '-qm', 'one'],
    ['checkout', '-qb', 'next'],
  ];
  for (const step of steps) await must(['git', '-C', work, ...step]);
  writeFileSync(join(work, 'file'), 'of the next');
  for (const step of [
    [...author, 'commit', '-qam', 'two'],
    ['checkout', '-q', 'main'],
  ])
    await must(['git', '-C', work, ...step]);
  await must(['git', 'clone', '-q', '--bare', work, at('repository.git')]);
  mkdirSync(at('web'));
  await must(['tar', '-czf', at('web/context.tar.gz'), '-C', work, '--exclude=.git', '.']);
  writeFileSync(at('web/alone'), 'FROM scratch\nCOPY <<there /file\nof nothing\nthere\n');
}

/** The files that a build makes, by their names. */
async function made(
  args: string[],
  options: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Record<string, string>> {
  const out = mkdtempSync(at('out-'));
  const result = await build([`--output=${out}`, ...args], options);
  if (result.code !== 0) throw new Error(result.stderr);
  const names = (await must(['find', out, '-type', 'f', '-printf', '%P\\n'])).split('\n').filter((name) => name !== '');
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), 'utf8').trim()]));
}

function build(args: string[], options: { stdin?: string; env?: Record<string, string> } = {}): Promise<Result> {
  return engine.tug(['build', '--progress=plain', '--network=none', ...args], options);
}

test('a repository: its branches, directories and Dockerfiles', async () => {
  expect(await made([gitUrl])).toEqual({ file: 'of the root' });
  expect(await made([`${gitUrl}#next`])).toEqual({ file: 'of the next' });
  expect(await made([`${gitUrl}#main:sub`])).toEqual({ file: 'of the directory' });
  expect(await made(['-f', 'other.Dockerfile', `${gitUrl}#:sub`])).toEqual({ other: 'of the directory' });
  expect(await made(['-f', '-', gitUrl], { stdin: 'FROM scratch\nCOPY sub/file /said' })).toEqual({
    said: 'of the directory',
  });
  const { code, stderr } = await build([`${gitUrl}#nowhere`]);
  expect(code).toBe(1);
  expect(stderr).toContain("couldn't find remote ref nowhere");
  // No directory lies above the repository's.
  expect(await made([`${gitUrl}#:../..`])).toEqual({ file: 'of the root' });
});

test('a URL of an archive, or of a Dockerfile alone', async () => {
  expect(await made([`${webUrl}/context.tar.gz`])).toEqual({ file: 'of the root' });
  expect(await made(['-f', 'sub/other.Dockerfile', `${webUrl}/context.tar.gz`]).catch(String)).toEqual({
    other: 'of the root',
  });
  expect(await made([`${webUrl}/alone`])).toEqual({ file: 'of nothing' });
  using context = buildContext({ x: 'here' });
  expect(await made(['-f', `${webUrl}/alone`, context.directory])).toEqual({ file: 'of nothing' });
  expect((await build([`${webUrl}/missing`])).stderr).toContain('invalid response status 404');
});

test('repositories, archives and files are asked for through the proxy of the settings', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.url}`);
    if (request.url?.endsWith('/file') || request.url?.endsWith('/Dockerfile')) response.end('FROM scratch\n');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  const behind = await startEngine({ args: [`--http-proxy=http://127.0.0.1:${port}`] });
  try {
    const built = async (args: string[], stdin?: string) =>
      (await behind.tug(['build', '-q', ...args], stdin === undefined ? {} : { stdin })).code;
    expect(await built(['http://nowhere.invalid/repository.git'])).toBe(1);
    expect(asked.splice(0)[0]).toStartWith('http://nowhere.invalid/repository.git/info/refs');
    await built(['-'], 'FROM scratch\nADD http://nowhere.invalid/file /\n');
    expect(asked.splice(0)).toContain('http://nowhere.invalid/file');
    await built(['http://nowhere.invalid/Dockerfile']);
    expect(asked.splice(0)).toContain('http://nowhere.invalid/Dockerfile');
  } finally {
    proxy.close();
    expect(await behind.dispose()).toEqual([]);
  }
}, 60_000);

test('the standard input: an archive with a Dockerfile, or a Dockerfile', async () => {
  const tar = await Bun.file(at('web/context.tar.gz')).bytes();
  const path = at('input.tar.gz');
  writeFileSync(path, tar);
  const out = mkdtempSync(at('out-'));
  const shell = `"$0" build -q --output=${out} -f sub/other.Dockerfile - < ${path}`;
  const program = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
  await must(['sh', '-c', shell, program], { env: { DOCKER_HOST: engine.host } });
  expect(readFileSync(join(out, 'other'), 'utf8')).toBe('of the root');
  expect(await made(['-'], { stdin: 'FROM scratch\nCOPY <<x /file\nsaid\nx\n' })).toEqual({ file: 'said' });
  expect((await build(['-f', '-', '-'], { stdin: 'FROM scratch' })).stderr).toContain("can't use stdin for both");
});

test('named contexts: a directory, a repository, a URL, an image, an OCI layout', async () => {
  using main = buildContext({
    Dockerfile: 'FROM scratch\nCOPY --from=given /file /file\n',
    Stage: 'FROM given\nCOPY x /x\n',
    Mount:
      'FROM busybox AS run\nRUN --mount=from=given,target=/m cp /m/file /out\nFROM scratch\nCOPY --from=run /out /out\n',
    x: 'main',
  });
  using other = buildContext({ file: 'named', left: 'out', '.dockerignore': 'left', 'deep/er': 'x' });
  const given = (value: string, ...args: string[]) =>
    made([...args, '--build-context', `given=${value}`, main.directory]);
  expect(await given(other.directory)).toEqual({ file: 'named' });
  expect(await given(other.directory, '-f', join(main.directory, 'Stage'))).toEqual({
    '.dockerignore': 'left',
    file: 'named',
    'deep/er': 'x',
    x: 'main',
  });
  expect(await given(other.directory, '-f', join(main.directory, 'Mount'))).toEqual({ out: 'named' });
  writeFileSync(join(other.directory, 'file'), 'changed');
  expect(await given(other.directory)).toEqual({ file: 'changed' });
  expect(await given(`${gitUrl}#next`)).toEqual({ file: 'of the next' });
  expect(await given(`${webUrl}/context.tar.gz`)).toEqual({ file: 'of the root' });
  expect(
    (await build(['-q', '-t', 'given:1', '-f', '-', other.directory], { stdin: 'FROM scratch\nCOPY file /' })).code,
  ).toBe(0);
  expect(await given('docker-image://given:1')).toEqual({ file: 'changed' });
  await must(
    [
      'sh',
      '-c',
      `mkdir ${at('layout')} && "$0" build -q -f - -o type=oci ${other.directory} | tar -x -C ${at('layout')}`,
      process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug'),
    ],
    {
      env: { DOCKER_HOST: engine.host },
      stdin: 'FROM scratch\nCOPY file /\nENV A=b',
    },
  );
  expect(await given(`oci-layout://${at('layout')}`)).toEqual({ file: 'changed' });
  expect((await given(`oci-layout://${at('layout')}`, '-f', join(main.directory, 'Stage'))).x).toBe('main');
});

test('an agent is led to steps and to repositories, a key has an agent of its own', async () => {
  if (Bun.which('ssh-keygen') === null) return console.log('agents are not tried: there is no ssh-keygen');
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', at('key')]);
  const mine = readFileSync(at('key.pub'), 'utf8').split(' ')[1] ?? '';
  writeFileSync(at('ask.c'), askIdentities);
  using context = buildContext({
    Dockerfile: [
      'FROM scratch AS asked',
      'COPY ask /ask',
      'RUN --mount=type=ssh,uid=7 ["/ask"]',
      'FROM busybox AS none',
      'RUN --mount=type=ssh echo "agent: <$SSH_AUTH_SOCK>"',
      'FROM scratch AS needs',
      'COPY ask /ask',
      'RUN --mount=type=ssh,required ["/ask"]',
      'FROM scratch AS added',
      `ADD git@here:${at('repository.git')} /r`,
    ].join('\n'),
  });
  await must(['cc', '-static', '-o', join(context.directory, 'ask'), at('ask.c')]);
  const target = (name: string, ...args: string[]) =>
    build(['--no-cache', '--target', name, ...args, context.directory]);
  // The agent's answer is of kind 12 and tells of one key.
  expect((await target('asked', '--ssh', `default=${at('key')}`)).stderr).toContain('answer 12, keys 1');
  const agent = spawn('ssh-agent', ['-D', '-a', at('agent.sock')], { stdio: 'ignore' });
  try {
    await until(
      'the agent answers',
      async () => (await run(['ssh-add', '-L'], { env: { SSH_AUTH_SOCK: at('agent.sock') } })).code === 1,
    );
    expect((await target('asked', '--ssh', `default=${at('agent.sock')}`)).stderr).toContain('answer 12, keys 0');
  } finally {
    agent.kill();
  }
  expect((await target('needs')).stderr).toContain('default');
  const added = await target('added', '--ssh', `default=${at('key')}`);
  expect([added.code, added.stderr.includes('ERROR')]).toEqual([0, false]);
  expect(readFileSync(at('seen'), 'utf8')).toContain(mine);
});

const askIdentities = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(void) {
  const char *path = getenv("SSH_AUTH_SOCK");
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  unsigned char answer[9], ask[] = { 0, 0, 0, 1, 11 };
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(to.sun_path, path ? path : "none", sizeof to.sun_path - 1);
  if (connect(s, (void *)&to, sizeof to) || write(s, ask, 5) != 5) return perror("agent"), 1;
  for (int got = 0, n; got < 9; got += n) if ((n = read(s, answer + got, 9 - got)) <= 0) return 2;
  printf("answer %d, keys %d\\n", answer[4], answer[8]);
  return 0;
}
`;

test('of a directory only what the Dockerfile takes comes here, and nothing of what another one took', async () => {
  using context = buildContext({
    'a/one': '1',
    'a/two': '2',
    'a/link': '->../c',
    'b/one.txt': '3',
    'b/deep/two.txt': '4',
    'c/far': '5',
    top: '6',
  });
  const dockerfile = at('parts.Dockerfile');
  const taken = async (...copies: string[]): Promise<string[]> => {
    writeFileSync(dockerfile, ['FROM scratch', ...copies.map((copy) => `COPY ${copy}`)].join('\n'));
    return Object.keys(await made(['-f', dockerfile, context.directory])).toSorted();
  };
  expect(await taken('a/one top /')).toEqual(['one', 'top']);
  expect(await taken('b/*.txt /')).toEqual(['one.txt']);
  expect(await taken('*/one* /')).toEqual(['one', 'one.txt']);
  expect(await taken('a/link /linked')).toEqual(['linked/far']);
  expect(await taken('a/link/far /', 'top /')).toEqual(['far', 'top']);
  expect(await taken('--parents b/**/*.txt /')).toEqual(['b/deep/two.txt', 'b/one.txt']);
  // What is gone is gone, though it was once taken.
  rmSync(join(context.directory, 'a/one'));
  await expect(taken('a/one top /')).rejects.toThrow('"/a/one": not found');
  expect(await taken('. /')).toContain('b/deep/two.txt');
});

test('what is kept of a directory is part of the cache: it is told of, and can be taken away', async () => {
  using context = buildContext({ file: 'x'.repeat(5432), Dockerfile: 'FROM scratch\nCOPY file /\n' });
  const kept = async () => {
    const { BuildCache } = (await engine.request('GET', '/system/df?type=build-cache')).json() as {
      BuildCache: { Type: string; Size: number; Description: string; InUse: boolean }[];
    };
    return BuildCache.filter(({ Type, Size }) => Type === 'source.local' && Size === 5432);
  };
  await made([context.directory]);
  expect(await kept()).toEqual([expect.objectContaining({ Description: 'local source for context', InUse: false })]);
  expect((await engine.tug(['builder', 'prune', '-af'])).code).toBe(0);
  expect(await kept()).toEqual([]);
  expect(Object.keys(await made([context.directory]))).toEqual(['file']);
  expect((await kept()).length).toBe(1);
});
