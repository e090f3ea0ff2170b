// A file system of a container that stops answering, as a server's may: whoever looks waits in the kernel, and the engine must not look.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { type Engine, startEngine } from '../support/engine.ts';
import { mountHungFuse } from '../support/hung-fuse.ts';

let engine: Engine;
let server: ChildProcess;

beforeAll(async () => {
  engine = await startEngine({ dataSize: '64m' });
  await engine.withBusybox();
  const place = join(engine.directory, 'far');
  server = await mountHungFuse(engine, place);
  const far = ['-v', `${place}:/far`];
  await engine.tug(['run', '-d', '--name', 'runs', ...far, 'busybox', 'sleep', '1000']);
  await engine.tug(['create', '--name', 'created', ...far, '-v', 'near:/far/near', 'busybox', 'true']);
}, 60_000);

afterAll(async () => {
  server.kill('SIGCONT');
  server.kill('SIGKILL');
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const silent = expect.stringContaining('the file system at /far does not answer');

test('copying from and into it is refused at once, what lies beside it is copied, and nobody else waits', async () => {
  server.kill('SIGSTOP');
  for (const name of ['runs', 'created']) {
    for (const path of name === 'runs' ? ['/far/file', '/'] : ['/far']) {
      const { code, stderr } = await engine.tug(['cp', `${name}:${path}`, '-']);
      expect([path, code, stderr]).toEqual([path, 1, silent]);
    }
    const { status, text } = await engine.request('PUT', `/containers/${name}/archive?path=/far`, '\0'.repeat(1024));
    expect([status, text]).toEqual([503, silent]);
    expect((await engine.tug(['cp', `${name}:/etc/passwd`, '-'])).code).toBe(0);
    expect((await engine.tug(['diff', name])).code).toBe(0);
    expect((await engine.request('GET', `/containers/${name}/export`)).status).toBe(200);
  }
  expect((await engine.tug(['run', '--rm', 'busybox', 'echo', 'alive'])).stdout).toBe('alive\n');
  server.kill('SIGCONT');
  expect((await engine.tug(['cp', 'runs:/etc', '-'])).code).toBe(0);
  expect((await engine.tug(['rm', '-f', 'runs', 'created'])).code).toBe(0);
}, 60_000);
