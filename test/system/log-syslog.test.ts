import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { createRsyslog, type Rsyslog } from '../support/rsyslog.ts';

let engine: Engine;
let directory: string;
let server: Rsyslog;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tug-rsyslog-'));
  port = await freePort();
  server = createRsyslog(directory, {
    port,
    template: '%msg%',
    inputs: `module(load="imtcp" maxSessions="50")\ninput(type="imtcp" address="127.0.0.1" port="${port}")`,
  });
  await server.start();
  engine = await startEngine();
  await engine.withBusybox();
});
afterAll(async () => {
  const left = await engine.dispose();
  await server.kill();
  rmSync(directory, { recursive: true, force: true });
  expect(left).toEqual([]);
});

const options = () => ['--log-driver', 'syslog', '--log-opt', `syslog-address=tcp://127.0.0.1:${port}`];
/** The numbers of `prefix` that arrived. */
const arrived = (prefix: string): number[] =>
  server
    .lines()
    .flatMap((line) => (line.trim().startsWith(`${prefix} `) ? [Number(line.trim().slice(prefix.length + 1))] : []));
const all = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('every line of a container that removes itself arrives, once and in order', async () => {
  const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "plain $i"; done';
  const { code } = await engine.docker(['run', '--rm', ...options(), 'busybox', 'sh', '-c', script]);
  expect(code).toBe(0);
  await until('all lines are there', () => arrived('plain').length >= 3000);
  expect(arrived('plain')).toEqual(all(3000));
});

test('no line is lost over restarts of the server and of the engine', async () => {
  const script =
    'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "lives $i"; [ $((i % 10)) = 0 ] && sleep 0.01; done; echo over';
  await engine.docker(['run', '-d', '--name', 'lives', ...options(), 'busybox', 'sh', '-c', script]);
  const has = (count: number) => until(`${count} lines`, () => arrived('lives').length >= count, 30_000);
  await has(200);
  await server.stop();
  await Bun.sleep(300);
  await server.start();
  await has(600);
  await engine.kill();
  await Bun.sleep(300);
  await engine.start();
  await has(1200);
  await server.kill();
  await engine.stop();
  await engine.start();
  await server.start();
  await engine.docker(['wait', 'lives']);
  await until('all lines are there', () => new Set(arrived('lives')).size >= 4000, 30_000);
  expect([...new Set(arrived('lives'))].toSorted((one, other) => one - other)).toEqual(all(4000));
}, 90_000);
