// What things take on the disk, and a container's terminal over a WebSocket: the same from Docker and from us.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { type Engine, startEngine } from '../../support/engine.ts';
import { busyboxTar } from '../../support/image.ts';
import { startPeer } from '../../support/peer.ts';
import { send } from './ask.ts';
import { clear, namesOf, prepare } from './fixture.ts';
import { get, post, remove } from './probe.ts';

const peer = await startPeer();
const names = namesOf(`disk-${process.pid}`);
let engine: Engine;

interface Usage {
  Images: { RepoTags: string[] | null; Size: number; SharedSize: number; Containers: number }[];
  Containers: { Names: string[]; SizeRw?: number; SizeRootFs: number }[];
  Volumes: { Name: string; UsageData: { Size: number; RefCount: number } }[];
}

/** Runs a command in `{run}` to its end. */
async function execute(socket: string, script: string): Promise<void> {
  const made = await send(
    socket,
    post('/containers/{run}/exec', { Cmd: ['sh', '-c', script], AttachStdout: true }),
    names,
  );
  const { Id } = (await made.json()) as { Id: string };
  await (await send(socket, post(`/exec/${Id}/start`, {}), names)).text();
}

async function usageOf(socket: string, path: string) {
  const usage = (await (await send(socket, get(path), names)).json()) as Usage;
  const { Size, SharedSize, Containers } =
    usage.Images.find(({ RepoTags }) => RepoTags?.includes(names.image ?? '')) ?? {};
  const mine = usage.Containers.filter(({ Names }) => [`/${names.run}`, `/${names.made}`].includes(Names[0] ?? ''));
  const sizes = mine.map(({ Names, SizeRw, SizeRootFs }) => [Names[0], SizeRw, SizeRootFs]);
  const volume = usage.Volumes.find(({ Name }) => Name === names.vol)?.UsageData;
  return { image: [Size, SharedSize, Containers], containers: sizes.toSorted(), volume };
}

/** What a terminal says to a line typed over a WebSocket, until the container has gone. */
async function type(socket: string): Promise<string> {
  const body = { Image: '{image}', Cmd: ['sh', '-c', 'read line; echo "heard $line"'], OpenStdin: true, Tty: true };
  expect((await send(socket, post('/containers/create?name={run}-ws', body), names)).status).toBe(201);
  const query = 'stream=1&stdin=1&stdout=1&stderr=1';
  const client = new WebSocket(`ws+unix://${socket}:/containers/${names.run}-ws/attach/ws?${query}`);
  client.binaryType = 'nodebuffer';
  let heard = '';
  const closed = new Promise<void>((resolve) => client.addEventListener('close', () => resolve()));
  client.addEventListener('message', ({ data }) => {
    heard += data.toString();
  });
  await new Promise((resolve) => client.addEventListener('open', resolve));
  expect((await send(socket, post('/containers/{run}-ws/start'), names)).status).toBe(204);
  client.send('hello\n');
  await closed;
  expect((await send(socket, remove('/containers/{run}-ws?force=1'), names)).status).toBe(204);
  return heard;
}

describe.skipIf(peer === undefined)('on the disk', () => {
  beforeAll(async () => {
    engine = await startEngine();
    const tar = await busyboxTar();
    await Promise.all([prepare(engine.socket, tar, names), prepare(peer as string, tar, names)]);
    rmSync(tar);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([clear(engine.socket, names), clear(peer as string, names)]);
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);

  test.each(['/system/df', '/v1.43/system/df'])(
    '%s measures what is there',
    async (path) => {
      const script =
        'rm -f /big /data/*; head -c 1000000 /dev/zero >/big; head -c 2000000 /dev/zero >/data/f; ln /data/f /data/g';
      const [docker, tug] = await Promise.all(
        [peer as string, engine.socket].map(async (socket) => {
          await execute(socket, script);
          return usageOf(socket, path);
        }),
      );
      expect(tug).toEqual(docker as NonNullable<typeof docker>);
      expect(tug?.volume).toEqual({ Size: 2_000_000, RefCount: 1 });
    },
    30_000,
  );

  test('what is typed over a WebSocket is heard', async () => {
    expect(await Promise.all([type(engine.socket), type(peer as string)])).toEqual([
      'hello\r\nheard hello\r\n',
      'hello\r\nheard hello\r\n',
    ]);
  }, 30_000);
});
