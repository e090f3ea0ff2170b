// What hostile, broken and many clients do to the engine's HTTP front: it goes on answering, and keeps nothing of them.
// TUG_FRONT_SECONDS and TUG_FRONT_CONNECTIONS make it longer than `make test` has time for, TUG_FRONT_SEED repeats a run.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { slowness, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createRandom, type Random } from '../support/random.ts';
import { damagedRequests } from './front-requests.ts';

const seconds = Number(process.env.TUG_FRONT_SECONDS ?? 4);
const most = Number(process.env.TUG_FRONT_CONNECTIONS ?? 2000);
const seed = Number(process.env.TUG_FRONT_SEED ?? Date.now() % 1_000_000);
const megabyte = 1024;

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
  for (const name of ['box', ...Array.from({ length: 20 }, (_, number) => `other${number}`)]) {
    const made = await engine.request('POST', `/containers/create?name=${name}`, { Image: 'busybox', OpenStdin: true });
    expect(made.status).toBe(201);
  }
}, 60_000);
afterAll(async () => expect(await engine.dispose()).toEqual([]), 60_000);

const descriptors = () => readdirSync(`/proc/${engine.pid()}/fd`).length;
/** In kilobytes. */
const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${engine.pid()}/status`, 'utf8'))?.[1]);

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: engine.socket, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends the bytes as a client without manners does, and leaves in one of the ways there are. */
async function misbehave(random: Random): Promise<void> {
  const socket = await dial();
  socket.on('error', () => undefined);
  if (random.chance(0.8)) socket.resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const bytes = damagedRequests(random);
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const step = random.chance(0.5) ? bytes.length : 1 + random.below(200);
    socket.write(bytes.subarray(at, at + step));
    at += step;
    if (random.chance(0.1)) await Bun.sleep(random.below(5));
  }
  if (random.chance(0.3)) socket.end();
  await Promise.race([closed, Bun.sleep(random.below(40))]);
  socket.destroy();
}

async function misbehaveFor(ms: number, random: Random): Promise<number> {
  const end = Date.now() + ms;
  let count = 0;
  const one = async () => {
    while (Date.now() < end) {
      await misbehave(random);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 24 }, one));
  return count;
}

test(
  `damaged requests (seed ${seed}) leave the engine answering, without their descriptors and memory`,
  async () => {
    const random = createRandom(seed);
    await misbehaveFor(1000, random); // What is loaded and compiled once is no leak.
    const before = await settled();
    const used = memory();
    expect(await misbehaveFor(seconds * slowness * 1000, random)).toBeGreaterThan(100);
    expect((await engine.request('GET', '/_ping')).text).toBe('OK');
    await until('the descriptors of clients are closed', () => descriptors() <= before + 8, 15_000);
    await until(`memory is back near ${used} kB`, () => memory() < used + 60 * megabyte, 30_000);
    const list = (await engine.request('GET', '/containers/json?all=1')).json() as unknown[];
    expect(list).toHaveLength(21);
  },
  (seconds + 60) * slowness * 1000,
);

async function askForList(): Promise<[status: number, length: number]> {
  const answer = await fetch('http://d/containers/json?all=1', { unix: engine.socket, keepalive: false });
  return [answer.status, ((await answer.json()) as unknown[]).length];
}

test('500 clients at once get the list of containers', async () => {
  const answers = await Promise.all(Array.from({ length: 500 }, askForList));
  expect(answers.filter(([status, length]) => status !== 200 || length !== 21)).toEqual([]);
}, 60_000);

const half = 'GET /_ping HTTP/1.1\r\nHost: d\r\nX-Slow: ';

/** How many descriptors the engine has when nobody is connected any more: the count that no longer falls. */
async function settled(): Promise<number> {
  let last = descriptors();
  await until('no connection is being closed', async () => {
    await Bun.sleep(100);
    const now = descriptors();
    const same = now === last;
    last = now;
    return same;
  });
  return last;
}

test(`${most} clients that have said half of what they want are waited for, and answered`, async () => {
  const before = await settled();
  const used = memory();
  const clients: Socket[] = [];
  while (clients.length < most) {
    const some = await Promise.all(Array.from({ length: Math.min(250, most - clients.length) }, dial));
    for (const socket of some) socket.write(half);
    clients.push(...some);
  }
  await until('all are connected', () => descriptors() >= before + most, 30_000);
  expect((await engine.request('GET', '/_ping')).text).toBe('OK');
  const answers = clients.map(
    (socket) =>
      new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (bytes: Buffer) => {
          text += bytes.toString();
          if (text.endsWith('OK')) resolve(text.slice(0, 15));
        });
        socket.on('close', () => resolve('closed'));
        socket.write('x\r\n\r\n');
      }),
  );
  expect([...new Set(await Promise.all(answers))]).toEqual(['HTTP/1.1 200 OK']);
  for (const socket of clients) socket.destroy();
  await until('the descriptors of clients are closed', () => descriptors() <= before + 8, 30_000);
  await until(`memory is back near ${used} kB`, () => memory() < used + 60 * megabyte, 60_000);
}, 180_000);
