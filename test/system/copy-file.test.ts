// One file into a container: by the executable's front and the engine alone, and by the command line's program, to the same end.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openDirectory, setXattrAt } from '../../src/host/index.ts';
import { must, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { namesPeers } from '../support/kernel.ts';

const executable = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
let engine: Engine;
let directory: string;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  directory = join(engine.directory, 'files');
  mkdirSync(join(directory, 'below'), { recursive: true });
  for (const name of ['file', 'below/other', 'setuid', 'capable']) writeFileSync(join(directory, name), `${name}\n`);
  writeFileSync(join(directory, 'large'), Buffer.alloc(200_000, 'large'));
  writeFileSync(join(directory, 'none'), '');
  symlinkSync('file', join(directory, 'link'));
  await must(['mkfifo', join(directory, 'pipe')]);
  chownSync(join(directory, 'setuid'), 12, 34);
  chmodSync(join(directory, 'setuid'), 0o4750);
  const fd = openDirectory(directory);
  const value = Buffer.from('0100000200040000000000000000000000000000', 'hex');
  setXattrAt(fd, 'capable', { name: 'security.capability', value });
  closeFd(fd);
  utimesSync(join(directory, 'file'), 1_000_000_000, 1_000_000_000);
  const setup = `mkdir -p /d/sub; echo old >/d/old; ln -s /d /dl; ln -s old /d/fl; ln -s /nowhere /d/bad; mkfifo /d/ff; touch /ready; sleep 3600`;
  for (const name of ['front', 'program']) {
    const options = ['--name', name, '-v', `${name}-ro:/ro:ro`, '-v', '/rw'];
    await must([executable, 'run', '-d', ...options, 'busybox', 'sh', '-c', setup], {
      env: { DOCKER_HOST: engine.host },
    });
    while ((await engine.tug(['exec', name, 'test', '-e', '/ready'])).code !== 0) await Bun.sleep(20);
  }
}, 60_000);

afterAll(async () => {
  await engine.tug(['rm', '-f', '-v', 'front', 'program']);
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

/** A variable that the front does not know the meaning of. */
const behind = { DOCKER_API_VERSION: '1.51' };

async function copy(words: string[], name: string, env: Record<string, string> = {}) {
  const line = [executable, 'cp', ...words.map((word) => word.replace('C:', `${name}:`))];
  const { code, stdout, stderr } = await run(line, { env: { DOCKER_HOST: engine.host, ...env }, cwd: directory });
  return { code, stdout, stderr: stderr.replaceAll(name, 'C') };
}

const list = async (name: string) =>
  (
    await engine.tug([
      'exec',
      name,
      'sh',
      '-c',
      'find /d /new* /rw /ro -exec stat -c "%n %F %a %u:%g %s %Y" {} +; md5sum /d/old /rw/*',
    ])
  ).stdout
    .split('\n')
    // Of directories and of what the containers made by themselves.
    .map((line) => line.replace(/ \d{10}$/, (time) => (time === ' 1000000000' ? time : '')));

const lines = [
  'file C:/new',
  'file C:/d',
  './below/../below/other C:/d/sub/',
  'below/other C:/d/old',
  'setuid C:/rw',
  'large C:/rw',
  'none C:/rw/none',
  '-a file C:/rw/owned',
  'file C:rw/relative',
  'file C:/dl',
  'file C:/dl/through',
  'below/other C:/d/fl',
  'file C:/d/bad',
  'file C:/d/ff',
  'file C:/d/ff/',
  'file C:/d/sub',
  'file C:/nowhere/at/all',
  'file C:/nowhere/',
  'file C:/ro',
  'file C:/etc/hosts',
  'file C:/etc/hostname/x',
  'file C:/dev/null',
  'file C:/',
  'link C:/d/alink',
  'pipe C:/d/apipe',
  'missing C:/d',
  'below C:/d/directory',
  'file/x C:/d',
  '-q=false file C:/new2',
];

for (const line of lines) {
  test(`cp ${line}`, async () => {
    const words = line.split(' ');
    const told = await copy(words, 'front');
    expect(told).toEqual(await copy(words, 'program', behind));
    expect(await list('front')).toEqual(await list('program'));
  });
}

/** What the engine says of a line that comes from a process like this. */
async function ask(words: string[], before: string[] = []): Promise<string> {
  const text = ['tug', 'cp', '-q', ...words].join('\0');
  const request = `POST /tug/line HTTP/1.1\r\nHost: tug\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
  const script = `const socket = require('node:net').connect(${JSON.stringify(engine.socket)});
    socket.once('data', (bytes) => { process.stdout.write(bytes.toString().slice(0, 12)); socket.destroy(); });
    socket.write(${JSON.stringify(request + text)});`;
  return (await run([...before, process.execPath, '-e', script], { cwd: directory })).stdout;
}

test.if(namesPeers)('only files of who may do what the engine may, and sees the same files, are taken', async () => {
  expect(await ask(['file', 'front:/rw/asked'])).toBe('HTTP/1.1 101');
  for (const less of [
    ['--bounding-set', '-mknod'],
    ['--regid', '12', '--clear-groups'],
  ]) {
    expect(await ask(['file', 'front:/rw/asked'], ['setpriv', ...less])).toBe('HTTP/1.1 400');
  }
  expect(await ask(['file', 'front:/rw/asked'], ['unshare', '-m', '--propagation', 'private'])).toBe('HTTP/1.1 400');
  for (const words of [
    ['link', 'front:/rw'],
    ['pipe', 'front:/rw'],
    ['below', 'front:/rw'],
    ['missing', 'front:/rw'],
  ]) {
    expect(await ask(words)).toMatch(/^HTTP\/1.1 [45]/);
  }
});

test.if(namesPeers)('file capabilities go in', async () => {
  expect((await copy(['capable', 'C:/rw'], 'front')).code).toBe(0);
  const { stdout } = await engine.tug(['cp', 'front:/rw/capable', '-']);
  expect(stdout).toContain('SCHILY.xattr.security.capability=');
});
