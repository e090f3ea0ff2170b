// What the engine tells of itself to Prometheus, held against dockerd's names and read by Prometheus's own parser.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until } from '../support/command.ts';
import { type Engine, freePort, startEngine } from '../support/engine.ts';
import { openMetricsProblems } from '../support/promtool.ts';

let engine: Engine;
let port: number;
const page = async (path = '/metrics'): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
};
const value = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

beforeAll(async () => {
  port = await freePort();
  engine = await startEngine({ args: [`--metrics-addr=127.0.0.1:${port}`] });
  await engine.withBusybox();
});
afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
});

/** Every name of dockerd 28.5 that is its own, with its type. */
const docker: Record<string, string> = {
  builder_builds_failed_total: 'counter',
  builder_builds_triggered_total: 'counter',
  engine_daemon_container_actions_seconds: 'histogram',
  engine_daemon_container_states_containers: 'gauge',
  engine_daemon_engine_cpus_cpus: 'gauge',
  engine_daemon_engine_info: 'gauge',
  engine_daemon_engine_memory_bytes: 'gauge',
  engine_daemon_events_subscribers_total: 'gauge',
  engine_daemon_events_total: 'counter',
  engine_daemon_health_check_start_duration_seconds: 'histogram',
  engine_daemon_health_checks_failed_total: 'counter',
  engine_daemon_health_checks_total: 'counter',
  engine_daemon_host_info_functions_seconds: 'histogram',
  engine_daemon_network_actions_seconds: 'histogram',
};

test("dockerd's names and types are there, and Prometheus's parser takes both pages", async () => {
  const name = 'measured';
  await engine.tug(['info']);
  expect((await engine.tug(['run', '-d', '--name', name, 'busybox', 'sleep', '100'])).code).toBe(0);
  const text = await page();
  for (const [name, type] of Object.entries(docker)) expect(text).toContain(`# TYPE ${name} ${type}\n`);
  expect(value(text, 'engine_daemon_container_states_containers{state="running"}')).toBe(1);
  expect(value(text, 'engine_daemon_container_actions_seconds_count{action="start"}')).toBe(2);
  expect(value(text, 'engine_daemon_container_actions_seconds_bucket{action="start",le="0.005"}')).toBe(1);
  expect(value(text, 'engine_daemon_network_actions_seconds_count{action="allocate"}')).toBe(1);
  const containers = await page('/metrics/containers');
  expect(containers).toMatch(
    new RegExp(`^tug_container_pids\\{id="\\w{64}",name="${name}",image="busybox"\\} 1$`, 'm'),
  );
  expect(containers).toMatch(/^tug_container_cpu_seconds_total\{.*\} 0\.\d+(e-\d+)?$/m);
  for (const each of [text, containers]) expect(await openMetricsProblems(each)).toEqual([]);
  await engine.tug(['rm', '-f', name]);
});

test('health checks, exits and failures are counted', async () => {
  const before = await page();
  const sick = ['--health-cmd', 'false', '--health-interval', '50ms', '--health-retries', '1'];
  await engine.tug(['run', '-d', '--name', 'sick', ...sick, 'busybox', 'sleep', '100']);
  await until(
    'a check has failed',
    async () => (value(await page(), 'engine_daemon_health_checks_failed_total') ?? 0) > 0,
  );
  await engine.tug(['rm', '-f', 'sick']);
  expect((await engine.tug(['run', '--rm', 'busybox', 'false'])).code).toBe(1);
  expect((await engine.tug(['run', '--rm', 'busybox', 'no-such-program'])).code).toBe(127);
  const after = await page();
  const grown = (series: string) => (value(after, series) ?? 0) - (value(before, series) ?? 0);
  expect(grown('engine_daemon_health_checks_total')).toBeGreaterThan(0);
  expect(grown('tug_container_exits_total{result="failure"}')).toBe(2);
  expect(grown('tug_failures_total{work="container.start"}')).toBe(1);
  expect(grown('engine_daemon_events_total')).toBeGreaterThan(8);
  expect(grown('engine_daemon_container_actions_seconds_count{action="delete"}')).toBe(1);
});

test('other paths are not found; an address that is none or is taken ends the engine before it serves', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect([response.status, await response.text()]).toEqual([404, '404 page not found\n']);
  const executable = process.env.TUG_EXECUTABLE ?? `${import.meta.dirname}/../../dist/tug`;
  const wrong = await run([executable, 'daemon', '--validate', '--metrics-addr=nonsense']);
  expect([wrong.code, wrong.stderr]).toEqual([1, 'listen tcp: address nonsense: missing port in address\n']);
  const directory = mkdtempSync(join(tmpdir(), 'tug-metrics-'));
  const places = ['data-root=data', 'exec-root=exec', 'pidfile=pid', 'host=unix://sock'].map(
    (flag) => `--${flag.replace(/=(unix:\/\/)?/, (begin) => `${begin}${directory}/`)}`,
  );
  const taken = await run([
    executable,
    'daemon',
    ...places,
    `--metrics-addr=127.0.0.1:${port}`,
    `--bridge=${engine.bridge}m`,
  ]);
  rmSync(directory, { recursive: true });
  expect(taken.code).toBe(1);
  expect((await run(['ip', 'link', 'show', `${engine.bridge}m`])).code).toBe(1);
  expect(taken.stderr).toContain(`failed to start daemon: listen tcp 127.0.0.1:${port}: bind: address already in use`);
});
