import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../kit/index.ts';
import type { Connection, Destination, LogMessage } from '../drivers/contract.ts';
import { createLogWriter } from '../read/fixture.ts';
import { atBeginning, type Cursor } from './shipment.ts';
import { createShipper, type ShipperOptions } from './shipper.ts';

let directory: string;
let path: string;
let said: string[];
let cursor: Cursor;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ship-'));
  path = join(directory, 'container.log');
  said = [];
  cursor = atBeginning;
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A server that can be gone, and that loses what it has not read when it breaks off. */
function createServer({ doubt = 0 } = {}) {
  const got: LogMessage[] = [];
  let lose: ((error: Error) => void) | undefined;
  const server = {
    up: true,
    stuck: false,
    got,
    connections: 0,
    lines: () => got.map(({ line }) => line.toString()),
    /** The last so many messages it took are lost with the connection. */
    breakOff(unread: number) {
      got.splice(got.length - unread);
      lose?.(new Error('connection reset by peer'));
    },
    async connect(): Promise<Connection> {
      if (!server.up) throw new Error('connection refused');
      server.connections++;
      const { promise: lost, resolve } = Promise.withResolvers<Error>();
      lose = resolve;
      return {
        doubt,
        lost,
        async send(messages) {
          while (server.stuck) await sleep(5);
          if (!server.up) throw new Error('broken pipe');
          got.push(...messages);
        },
        close: async () => server.up,
      };
    },
  };
  return server;
}

const log = createLog({ level: 'warn', write: (line) => void said.push(line) });

function ship(
  server: ReturnType<typeof createServer>,
  more: Partial<ShipperOptions> = {},
  about: Partial<Destination> = {},
) {
  const destination = { connect: server.connect, pause: () => 1, ...about };
  const advance = (reached: Cursor): void => {
    cursor = reached;
  };
  return createShipper({ id: 'c', driver: 'd', epoch: 'e', path, from: cursor, destination, advance, log, ...more });
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition(); await sleep(2)) {
    if (Date.now() > end) throw new Error(`in vain: ${said.join('\n')}`);
  }
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const write = (writer: ReturnType<typeof createLogWriter>, from: number, to: number): void => {
  for (const number of numbers(from, to)) writer.write(`${number}\n`);
};

test('all lines, over rotations, while they are written and after the end', async () => {
  const [writer, server] = [createLogWriter(path, 3), createServer()];
  const shipper = ship(server);
  for (let round = 0; round < 4; round++) {
    write(writer, round * 50 + 1, round * 50 + 50);
    await until(() => server.got.length === round * 50 + 50);
    writer.rotate();
  }
  write(writer, 201, 210);
  shipper.end();
  expect(await shipper.done).toBe(true);
  expect(server.lines()).toEqual(numbers(1, 210));
  expect(said).toEqual([]);
});

test('the next one goes on where this one was, also in files that were rotated meanwhile', async () => {
  const [writer, server] = [createLogWriter(path, 4), createServer()];
  write(writer, 1, 20);
  const first = ship(server);
  await until(() => server.got.length === 20);
  await first.stop();
  expect(await first.done).toBe(false);
  write(writer, 21, 30);
  writer.rotate();
  write(writer, 31, 40);
  writer.rotate();
  const second = ship(server);
  second.end();
  expect(await second.done).toBe(true);
  expect(server.lines()).toEqual(numbers(1, 40));
});

test('what a server took and never read is sent again', async () => {
  const [writer, server] = [createLogWriter(path, 2), createServer({ doubt: 60_000 })];
  const shipper = ship(server);
  write(writer, 1, 100);
  await until(() => server.got.length === 100);
  server.breakOff(30);
  await until(() => server.connections === 2 && server.got.length > 100);
  shipper.end();
  await shipper.done;
  expect(new Set(server.lines())).toEqual(new Set(numbers(1, 100)));
  // Nothing that had surely arrived by then is sent again.
  expect(said[0]).toContain('connection reset by peer');
});

test('while nobody takes the lines, rotation goes on, and says how many it cost', async () => {
  const [writer, server] = [createLogWriter(path, 2), createServer()];
  write(writer, 1, 10);
  const shipper = ship(server);
  await until(() => server.got.length === 10);
  server.up = false;
  server.breakOff(0);
  await until(() => said.some((line) => line.includes('cannot be reached')));
  // Two files are kept, and the one that is being read: of five with ten lines each two are lost.
  for (let file = 0; file < 5; file++) {
    writer.rotate();
    write(writer, file * 10 + 11, file * 10 + 20);
    await sleep(300);
  }
  server.up = true;
  shipper.end();
  expect(await shipper.done).toBe(true);
  const lost = said.flatMap((line) => (line.includes('dropped') ? [Number(/lines="?(\d+)/.exec(line)?.[1])] : []));
  const total = lost.reduce((sum, lines) => sum + lines, 0);
  expect(total).toBeGreaterThan(0);
  expect(server.got.length + total).toBe(60);
  expect(server.lines()).toEqual([...numbers(1, 10), ...numbers(11 + total, 60)]);
}, 20_000);

test('a gap that came while no engine was there is told of as well', async () => {
  const [writer, server] = [createLogWriter(path, 2), createServer()];
  write(writer, 1, 10);
  const first = ship(server);
  await until(() => server.got.length === 10);
  await first.stop();
  for (let file = 0; file < 3; file++) {
    writer.rotate();
    write(writer, file * 10 + 11, file * 10 + 20);
  }
  const second = ship(server);
  second.end();
  await second.done;
  expect(server.lines()).toEqual([...numbers(1, 10), ...numbers(21, 40)]);
  expect(said.some((line) => line.includes('dropped') && line.includes('unknown'))).toBe(true);
});

test('no more waits than was asked for: the oldest lines go, and are counted', async () => {
  const [writer, server] = [createLogWriter(path, 3), createServer()];
  server.up = false;
  const shipper = ship(server, { most: 1000 });
  write(writer, 1, 100);
  await until(() => said.some((line) => line.includes('dropped')));
  server.up = true;
  shipper.end();
  await shipper.done;
  const lost = Number(/lines="?(\d+)/.exec(said.find((line) => line.includes('dropped')) ?? '')?.[1]);
  expect(lost).toBeGreaterThan(80);
  expect(server.lines()).toEqual(numbers(lost + 1, 100));
});

test('after so many attempts what waits is given up, with a word, and what comes then is not', async () => {
  const [writer, server] = [createLogWriter(path, 3), createServer()];
  server.up = false;
  const shipper = ship(server, {}, { attempts: 2 });
  write(writer, 1, 5);
  await until(() => said.some((line) => line.includes('given up')));
  server.up = true;
  await until(() => server.connections === 1);
  write(writer, 6, 8);
  shipper.end();
  await shipper.done;
  expect(server.lines()).toEqual(numbers(6, 8));
});

test('a log that ended with nothing to be sent needs no server', async () => {
  createLogWriter(path, 2);
  const server = createServer();
  server.up = false;
  const shipper = ship(server);
  shipper.end();
  expect(await shipper.done).toBe(true);
});

test('a log that is moved while it is shipped arrives whole', async () => {
  const [writer, server] = [createLogWriter(path, 3), createServer()];
  server.up = false;
  const shipper = ship(server);
  write(writer, 1, 5);
  await until(() => said.length > 0);
  writer.rotate();
  write(writer, 6, 9);
  const aside = join(directory, 'aside');
  mkdirSync(aside);
  for (const name of ['container.log', 'container.log.1']) {
    (await import('node:fs')).renameSync(join(directory, name), join(aside, name));
  }
  shipper.move(join(aside, 'container.log'));
  shipper.end();
  server.up = true;
  expect(await shipper.done).toBe(true);
  expect(server.lines()).toEqual(numbers(1, 9));
});

test('one that is stopped does not wait for a server that does not read', async () => {
  const [writer, server] = [createLogWriter(path, 3), createServer()];
  const shipper = ship(server);
  server.stuck = true;
  write(writer, 1, 3);
  await until(() => server.connections === 1);
  await sleep(20);
  const stopped = shipper.stop();
  setTimeout(() => {
    server.stuck = false;
    server.up = false;
  }, 700);
  await stopped;
  const next = createServer();
  const second = ship(next);
  second.end();
  await second.done;
  expect(next.lines()).toEqual(numbers(1, 3));
});

test('parts of long lines keep their id over a restart, and their count', async () => {
  const [writer, server] = [createLogWriter(path, 3), createServer()];
  writer.write('part ');
  const first = ship(server);
  await until(() => server.got.length === 1);
  await first.stop();
  writer.write('err\n', { stream: 'stderr' });
  writer.write('end\n');
  const second = ship(server);
  second.end();
  await second.done;
  const [begun, other, last] = server.got;
  expect(begun?.partial).toEqual({ id: expect.stringMatching(/^[0-9a-f]{64}$/), ordinal: 1, last: false });
  expect(other?.partial).toBeUndefined();
  expect(last?.partial).toEqual({ id: begun?.partial?.id ?? '', ordinal: 2, last: true });
  expect(server.got.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
});
