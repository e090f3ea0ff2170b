import { expect } from 'bun:test';
import { readFileSync } from 'node:fs';
import { until } from '../../support/command.ts';
import { send } from './ask.ts';
import { get, post, remove } from './probe.ts';

/** The names of what both engines have, by the words that stand for them in a probe. */
export function namesOf(prefix: string): Record<string, string> {
  const things = ['run', 'made', 'tty', 'done', 'net', 'vol'];
  return { ...Object.fromEntries(things.map((thing) => [thing, `${prefix}-${thing}`])), image: `${prefix}-bb:1` };
}

type Names = Record<string, string>;

/** Gives an engine the image, the containers, the network and the volume that the probes name. */
export async function prepare(socket: string, tar: string, names: Names): Promise<void> {
  const [repo, tag] = (names.image ?? '').split(':');
  const changes = encodeURIComponent('LABEL colour=red');
  const imported = await fetch(`http://d/images/create?fromSrc=-&repo=${repo}&tag=${tag}&changes=${changes}`, {
    unix: socket,
    method: 'POST',
    headers: { 'Content-Type': 'application/x-tar' },
    body: readFileSync(tar),
  });
  expect(await imported.text()).toContain('sha256:');
  const ok = async (probe: Parameters<typeof send>[1], status: number) => {
    const answer = await send(socket, probe, names);
    expect([probe.path, answer.status, await answer.text()]).toEqual([probe.path, status, expect.any(String)]);
  };
  const create = (name: string, config: object) =>
    ok(post(`/containers/create?name={${name}}`, { Image: '{image}', ...config }), 201);
  await ok(post('/volumes/create', { Name: '{vol}', Labels: { colour: 'blue' } }), 201);
  await ok(post('/networks/create', { Name: '{net}', Labels: { colour: 'green' } }), 201);
  const HostConfig = {
    Binds: ['{vol}:/data'],
    Memory: 64 << 20,
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
  };
  await create('run', { Cmd: ['sleep', '100000'], StopTimeout: 0, Labels: { colour: 'red' }, HostConfig });
  await create('made', { Cmd: ['cat'], OpenStdin: true, HostConfig: { NetworkMode: '{net}' } });
  await create('tty', { Cmd: ['sh'], Tty: true });
  await create('done', { Cmd: ['sh', '-c', 'echo out; exit 3'] });
  await ok(post('/containers/{run}/start'), 204);
  await ok(post('/containers/{done}/start'), 204);
  await until('the container has ended', async () => {
    const answer = await send(socket, get('/containers/{done}/json'), names);
    return ((await answer.json()) as { State: { Status: string } }).State.Status === 'exited';
  });
}

export async function clear(socket: string, names: Names): Promise<void> {
  for (const name of ['run', 'made', 'tty', 'done']) {
    await send(socket, remove(`/containers/{${name}}?force=1&v=1`), names);
  }
  for (const path of ['/networks/{net}', '/volumes/{vol}?force=1', '/images/{image}?force=1']) {
    await send(socket, remove(path), names);
  }
}
