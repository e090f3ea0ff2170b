import { afterAll, expect, test } from 'bun:test';
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { lockOpenFile } from '../../src/host/index.ts';
import { until } from '../support/command.ts';
import { makeBench } from '../support/runtime.ts';

const bench = makeBench();
afterAll(() => bench.remove());

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { log: string; stream: string; time: string });
const fresh = () => rmSync(bench.log, { force: true });

test('lines, streams, escapes and times as Docker writes them', async () => {
  fresh();
  const script = String.raw`printf 'a<b>&"\\\t\r\n'; sleep 0.05; printf 'err\n' >&2; sleep 0.05; printf '\377\302x \342\200\250 \303\251 no end'`;
  await bench.run(['sh', '-c', script]);
  const raw = readFileSync(bench.log, 'utf8').split('\n');
  expect(raw[0]).toStartWith(String.raw`{"log":"a\u003cb\u003e\u0026\"\\\u0009\r\n","stream":"stdout","time":"20`);
  expect(raw[1]).toStartWith(String.raw`{"log":"err\n","stream":"stderr","time":"`);
  expect(raw[2]).toStartWith(`${String.raw`{"log":"\ufffd\ufffdx \u2028`} é no end","stream":"stdout"`);
  for (const { time } of lines(bench.log)) {
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/);
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(5000);
  }
});

test('a long line comes in parts of 16 KiB', async () => {
  fresh();
  await bench.run(['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x; echo; echo short']);
  const parts = lines(bench.log);
  expect(parts.map(({ log }) => log.length)).toEqual([16384, 16384, 7233, 6]);
  expect(parts.map(({ log }) => log.endsWith('\n'))).toEqual([false, false, true, true]);
});

test('rotation bounds the log and loses no newer line', async () => {
  fresh();
  const log = { path: bench.log, maxBytes: 10_000, maxFiles: 3 };
  await bench.run(['seq', '1', '2000'], { log });
  const files = [`${bench.log}.2`, `${bench.log}.1`, bench.log];
  for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(10_000);
  expect(existsSync(`${bench.log}.3`)).toBe(false);
  const numbers = files.flatMap((file) => lines(file).map(({ log }) => Number(log)));
  expect(numbers.at(-1)).toBe(2000);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  for (const file of files) rmSync(file);
});

test('half a line that a kill left is dropped, the next start goes on after it', async () => {
  writeFileSync(bench.log, '{"log":"whole\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n');
  appendFileSync(bench.log, '{"log":"ha');
  await bench.run(['echo', 'next']);
  expect(lines(bench.log).map(({ log }) => log)).toEqual(['whole\n', 'next\n']);
});

test('attach tells where in the log it begins, and what of a line is there', async () => {
  fresh();
  const pending = await bench.launch(['sh', '-c', 'echo one; printf tw; sleep 100']);
  await pending.go();
  const attach = () => pending.process.attach({ stdin: false, stdout: true, stderr: true });
  let { socket, log } = await attach();
  await until('it has said all', async () => {
    socket.destroy();
    ({ socket, log } = await attach());
    return String(log.partial?.stdout) === 'tw';
  });
  expect(log.generation).toBe(statSync(bench.log).ino);
  expect(log.offset).toBe(statSync(bench.log).size);
  socket.destroy();
  await pending.process.signal(9);
  await pending.process.exited;
  await pending.process.release();
});

test('bytes that are no text stay as they are where that was asked for', async () => {
  fresh();
  const script = String.raw`printf 'a\377\302x \342\200\250 \303\251\001"\n'`;
  await bench.run(['sh', '-c', script], { log: { path: bench.log, maxBytes: 1 << 20, maxFiles: 2, raw: true } });
  const raw = readFileSync(bench.log, 'latin1');
  expect(raw).toStartWith('{"log":"a\xff\xc2x \\u2028 \xc3\xa9\\u0001\\"\\n","stream":"stdout"');
});

test('compressed files move along with the others; while the engine holds the lock nothing rotates', async () => {
  fresh();
  const log = { path: bench.log, maxBytes: 1000, maxFiles: 4 };
  writeFileSync(bench.log, '{"log":"first\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n');
  for (const [number, form] of [
    [1, ''],
    [2, '.gz'],
    [3, '.gz'],
  ] as const)
    writeFileSync(`${bench.log}.${number}${form}`, `was ${number}`);
  const held = openSync(bench.log, 'r+');
  expect(lockOpenFile(held)).toBe(true);
  await bench.run(['seq', '1', '20'], { log });
  expect(readFileSync(`${bench.log}.1`, 'utf8')).toBe('was 1');
  closeSync(held);
  await bench.run(['echo', 'after'], { log });
  expect(lines(bench.log).map(({ log: text }) => text)).toEqual(['after\n']);
  expect(lines(`${bench.log}.1`).length).toBe(21);
  expect(readFileSync(`${bench.log}.2`, 'utf8')).toBe('was 1');
  expect(readFileSync(`${bench.log}.3.gz`, 'utf8')).toBe('was 2');
  for (const name of ['.1', '.2', '.3.gz', '']) rmSync(`${bench.log}${name}`);
});
