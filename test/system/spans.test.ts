// The engine's work as spans: one trace of one `run`, at a collector of OTLP.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { type Collector, type ReceivedSpan, startCollector } from '../support/otlp.ts';

let engine: Engine;
let collector: Collector;

beforeAll(async () => {
  collector = startCollector();
  engine = await startEngine({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    },
  });
  await engine.withBusybox();
});
afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
  await collector.close();
}, 30_000);

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = (id: string) => `00-${traceId}-${id}-01`;

/** The spans of a trace, once one of that name is among them. */
async function traced(id: string, name: string): Promise<ReceivedSpan[]> {
  const found = () => collector.spans.filter((span) => span.traceId === id);
  await until(`a span ${name}`, () => found().some((span) => span.name === name), 15_000);
  return found();
}

const attribute = ({ attributes }: ReceivedSpan, key: string) =>
  Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];

test('one run is one trace below the caller: creation, the steps of the start, the exit', async () => {
  const { code } = await engine.tug(['run', '--name', 'traced', 'busybox', 'false'], {
    env: { TRACEPARENT: parent('00f067aa0ba902b7') },
  });
  expect(code).toBe(1);
  const spans = await traced(traceId, 'POST /tug/run');
  const named = (name: string) => spans.find((span) => span.name === name) ?? expect.unreachable(name);
  const under = (name: string) =>
    spans.filter((span) => span.parentSpanId === named(name).spanId).map((span) => span.name);
  expect(named('POST /tug/run')).toMatchObject({ parentSpanId: '00f067aa0ba902b7', kind: 2, status: {} });
  expect(under('POST /tug/run')).toEqual(['container.create', 'container.start']);
  expect(under('container.start').toSorted()).toEqual(
    ['network.allocate', 'network.connect', 'start.exec', 'start.furnish', 'start.launch', 'start.record'].toSorted(),
  );
  expect(attribute(named('container.start'), 'container.name')).toBe('traced');
  expect(attribute(named('container.exit'), 'container.exit_code')).toBe('1');
  for (const span of spans) {
    expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(named('POST /tug/run').startTimeUnixNano));
  }
  const [request] = collector.requests;
  expect(request).toMatchObject({ path: '/v1/traces' });
  expect(request?.headers.get('authorization')).toBe('Bearer secret');
  expect(request?.headers.get('content-type')).toBe('application/json');
  expect(request?.resource).toMatchObject({ 'service.name': 'tug', 'deployment.environment': 'test' });
  expect(collector.problems).toEqual([]);
}, 30_000);

test('a start that fails says why; an exec is a trace of its own, with its end', async () => {
  const failing = 'a'.repeat(32);
  await engine.tug(['run', '--name', 'failing', 'busybox', 'no-such-program'], {
    env: { TRACEPARENT: `00-${failing}-00f067aa0ba902b7-01` },
  });
  const failed = await traced(failing, 'container.start');
  const { status } = failed.find((span) => span.name === 'container.start') ?? expect.unreachable();
  expect(status.code).toBe(2);
  expect(status.message).toContain('executable file not found in $PATH');
  await engine.tug(['run', '-d', '--name', 'host', 'busybox', 'sleep', '1000']);
  const exec = 'b'.repeat(32);
  await engine.tug(['exec', 'host', 'sh', '-c', 'exit 7'], { env: { TRACEPARENT: `00-${exec}-00f067aa0ba902b7-01` } });
  const spans = await traced(exec, 'POST /tug/exec/{name}');
  expect(spans.map(({ name }) => name)).toContain('exec.start');
  const exit = spans.find((span) => span.name === 'exec.exit') ?? expect.unreachable();
  expect(attribute(exit, 'exec.exit_code')).toBe('7');
}, 30_000);

test('what a caller does not want recorded is not sent, and a malformed parent is none', async () => {
  const unwanted = 'c'.repeat(32);
  await engine.tug(['version'], { env: { TRACEPARENT: `00-${unwanted}-00f067aa0ba902b7-00` } });
  await engine.tug(['version'], { env: { TRACEPARENT: `00-${unwanted}-00f067aa0ba902b7-01-more` } });
  const wanted = 'd'.repeat(32);
  await engine.tug(['version'], { env: { TRACEPARENT: `00-${wanted}-00f067aa0ba902b7-01` } });
  await traced(wanted, 'GET /version');
  expect(collector.spans.filter((span) => span.traceId === unwanted)).toEqual([]);
}, 30_000);

test('a collector that asks for patience gets the spans later; one that is gone costs nobody anything', async () => {
  const late = 'e'.repeat(32);
  collector.refuse(503);
  await engine.tug(['version'], { env: { TRACEPARENT: `00-${late}-00f067aa0ba902b7-01` } });
  await traced(late, 'GET /version');
  collector.refuse(400);
  await engine.tug(['version']);
  await until('the engine complains', () => engine.daemonLog().includes('spans could not be sent'), 15_000);
  expect((await engine.tug(['run', '--rm', 'busybox', 'true'])).code).toBe(0);
}, 40_000);
