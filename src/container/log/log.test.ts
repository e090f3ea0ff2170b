import { expect, test } from 'bun:test';
import type { HostConfig } from '../../api/index.ts';
import type { ContainerRow } from '../row.ts';
import { checkLogConfig } from './log-config.ts';
import { logFile } from './log-file.ts';

const hostConfig = (Type: string, Config: Record<string, string>) => ({ LogConfig: { Type, Config } }) as HostConfig;

function file(driver: string, options: Record<string, string>, config: object = {}) {
  const row = { id: 'f'.repeat(64), name: 'box', imageId: `sha256:${'1'.repeat(64)}`, config };
  return logFile({ dataRoot: '/d' }, { ...row, hostConfig: hostConfig(driver, options) } as unknown as ContainerRow);
}

test.each<[string, Record<string, string>, string]>([
  ['bogus', {}, 'error looking up logging plugin bogus: plugin "bogus" not found'],
  ['json-file', { bogus: '1' }, "unknown log opt 'bogus' for json-file log driver"],
  ['local', { labels: 'a' }, "unknown log opt 'labels' for log driver local"],
  ['json-file', { mode: 'foo' }, 'logger: logging mode not supported: foo'],
  ['local', { 'max-buffer-size': '1m' }, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"],
  [
    'json-file',
    { mode: 'non-blocking', 'max-buffer-size': 'x' },
    "error parsing option max-buffer-size: invalid size: 'x'",
  ],
])('a creation with %s %j is refused', (driver, options, words) => {
  expect(() => checkLogConfig(hostConfig(driver, options))).toThrow(words);
});

test('what is taken: each driver’s own, and the modes', () => {
  const mode = { mode: 'non-blocking', 'max-buffer-size': '4m' };
  checkLogConfig(hostConfig('json-file', { ...mode, labels: 'a', env: 'b', tag: 'x', compress: 'false' }));
  checkLogConfig(hostConfig('local', { ...mode, 'max-size': '1m', 'max-file': '3' }));
  checkLogConfig(hostConfig('none', { anything: 'x' }));
  const config: HostConfig = {};
  checkLogConfig(config);
  expect(config).toEqual(hostConfig('json-file', {}));
});

test('where it is', () => {
  expect(file('json-file', {})?.path).toBe(`/d/containers/${'f'.repeat(64)}/${'f'.repeat(64)}-json.log`);
  expect(file('local', {})?.path).toBe(`/d/containers/${'f'.repeat(64)}/local-logs/container.log`);
  expect(file('none', {})).toBeUndefined();
});

test.each<[string, Record<string, string>, string]>([
  ['json-file', { 'max-size': 'a' }, "invalid size: 'a'"],
  ['json-file', { 'max-file': '0' }, 'max-file cannot be less than 1'],
  ['json-file', { 'max-file': 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
  ['json-file', { compress: 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
  ['json-file', { compress: 'true' }, 'compress cannot be true when max-file is less than 2 or max-size is not set'],
  ['local', { compress: 'x' }, 'error reading compress log option: strconv.ParseBool: parsing "x": invalid syntax'],
  ['local', { 'max-file': '1' }, 'compression cannot be enabled when max file count is 1'],
  ['json-file', { 'labels-regex': '(' }, 'error parsing regexp'],
  ['json-file', { tag: '{{.Foo}}' }, "at <.Foo>: can't evaluate field Foo in type *logger.Info"],
])('a start with %s %j is refused', (driver, options, words) => {
  const start = 'failed to create task for container: failed to initialize logging driver: ';
  expect(() => file(driver, options)).toThrow(start);
  expect(() => file(driver, options)).toThrow(words);
});

test('attributes: what was asked for and is there, sorted, as Go writes JSON', () => {
  const config = {
    Labels: { a: '1', 'b.c': '<2>', z: '3' },
    Env: ['X=y=z', 'EMPTY=', 'BARE', 'PATH=/'],
    Image: 'img:1',
  };
  const attrs = (options: Record<string, string>) => file('json-file', options, config)?.attrs;
  expect(attrs({})).toBeUndefined();
  expect(attrs({ labels: 'nosuch' })).toBeUndefined();
  expect(attrs({ labels: 'z,a', env: 'X,EMPTY' })).toBe('{"EMPTY":"","X":"y=z","a":"1","z":"3"}');
  expect(attrs({ 'labels-regex': '^b', 'env-regex': '^P' })).toBe('{"PATH":"/","b.c":"\\u003c2\\u003e"}');
  expect(attrs({ tag: '{{.Name}}/{{ .ID }}/{{.ImageName}}/{{.ImageID}}' })).toBe(
    '{"tag":"box/ffffffffffff/img:1/sha256:11111"}',
  );
});
