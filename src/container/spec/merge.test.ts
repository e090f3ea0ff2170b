import { expect, test } from 'bun:test';
import { mergeConfig } from './merge.ts';
import { overlayEnv } from './process/environment.ts';

const image = {
  Entrypoint: ['/entry'],
  Cmd: ['default'],
  Env: ['A=image', 'PATH=/image'],
  WorkingDir: '/srv/',
  User: 'app',
  Labels: { a: '1', b: '1' },
  Volumes: { '/v': {} },
  ExposedPorts: { '80/tcp': {} },
  StopSignal: 'SIGQUIT',
  Healthcheck: { Test: ['CMD', 'check'], Interval: 5e9, Retries: 3 },
};

test("what the user does not say is the image's", () => {
  const merged = mergeConfig({}, image);
  expect(merged).toMatchObject({ ...image, WorkingDir: '/srv', Tty: false, Hostname: '' });
});

const pair = (user: object, from: object = image) => {
  const { Entrypoint, Cmd } = mergeConfig(user, from);
  return [Entrypoint, Cmd] as unknown;
};

test('command and entrypoint', () => {
  expect(pair({ Cmd: ['mine'] })).toEqual([['/entry'], ['mine']]);
  expect(pair({ Entrypoint: ['/mine'] })).toEqual([['/mine'], null]);
  expect(pair({ Entrypoint: ['/mine'], Cmd: ['arg'] })).toEqual([['/mine'], ['arg']]);
  expect(pair({ Entrypoint: [''], Cmd: ['arg'] })).toEqual([null, ['arg']]);
  expect(pair({ Entrypoint: null, Cmd: null })).toEqual([['/entry'], ['default']]);
  expect(pair({ Entrypoint: [] })).toEqual([[], ['default']]);
  expect(() => pair({ Entrypoint: [''] })).toThrow('no command specified');
  expect(() => pair({}, {})).toThrow('no command specified');
});

test('maps are united, the user wins', () => {
  const merged = mergeConfig(
    { Env: ['A=user', 'B'], Labels: { b: '2' }, Volumes: { '/w': {} }, ExposedPorts: { '81/tcp': {} } },
    image,
  );
  expect(merged.Env).toEqual(['A=user', 'B', 'PATH=/image']);
  expect(merged.Labels).toEqual({ a: '1', b: '2' });
  expect(Object.keys(merged.Volumes ?? {})).toEqual(['/v', '/w']);
  expect(Object.keys(merged.ExposedPorts ?? {})).toEqual(['80/tcp', '81/tcp']);
});

test('a health check is completed field by field', () => {
  expect(mergeConfig({ Healthcheck: { Interval: 1e9 } }, image).Healthcheck).toEqual({
    Test: ['CMD', 'check'],
    Interval: 1e9,
    Retries: 3,
  });
  expect(mergeConfig({ Healthcheck: { Test: ['NONE'] } }, image).Healthcheck?.Test).toEqual(['NONE']);
  const { Healthcheck: _, ...others } = image;
  expect(mergeConfig({ Healthcheck: { Test: [], Interval: 1e9, Retries: 0 } }, others).Healthcheck).toEqual({
    Interval: 1e9,
  });
});

test('what nobody says is shown as null, as Docker does', () => {
  const merged = mergeConfig({ Cmd: ['x'], StopSignal: null });
  expect(merged as unknown).toMatchObject({ Env: null, Volumes: null, Entrypoint: null, OnBuild: null, Labels: {} });
  expect(Object.keys(merged)).not.toContain('StopSignal');
  expect(Object.keys(merged)).not.toContain('ExposedPorts');
});

test('the last of a repeated variable counts, and a bare name takes it away', () => {
  expect(overlayEnv(['PATH=/bin', 'HOSTNAME=h'], ['A=1', 'HOSTNAME', 'A=2', 'PATH=/x', 'NEW'])).toEqual([
    'PATH=/x',
    'A=2',
  ]);
});
