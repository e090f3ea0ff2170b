import { expect, test } from 'bun:test';
import { opOf } from '../plan/encode.ts';
import type { Step } from '../plan/steps.ts';
import { failureError, startExitCode } from './failure.ts';

const number = (op: Step['op']) =>
  Array.from({ length: 64 }, (_, index) => index).find((index) => opOf(index) === op) ?? 0;
const bind: Step = {
  op: 'bind',
  source: '/etc',
  target: '/x',
  recursive: true,
  set: 0,
  clear: 0,
  recursiveAttributes: false,
  propagation: 0,
};
const inside = 'unable to start container process: error during container init: ';
const cases: [step: Step, errno: number, text: string, message: string, kind: string, code: number][] = [
  [bind, 20, '/x', 'mount src=/etc, dst=/x, flags=MS_BIND|MS_REC: not a directory: Are you trying', 'invalid', 127],
  [
    { op: 'rlimit', resource: 7, soft: 1n, hard: 1n },
    1,
    '',
    `${inside}error setting rlimits for ready process: error setting rlimit type 7: operation not permitted`,
    'internal',
    128,
  ],
  [
    { op: 'cwd', path: '/no', create: false },
    2,
    '/no',
    `${inside}chdir to cwd ("/no") set in config.json failed: no such file or directory`,
    'invalid',
    127,
  ],
  [
    { op: 'exec', args: ['/etc'], env: [] },
    21,
    '',
    `${inside}exec: "/etc": is a directory: permission denied`,
    'invalid',
    126,
  ],
  [
    { op: 'clone', flags: 0 },
    12,
    'the child has ended',
    'container init was OOM-killed (memory limit too low?)',
    'internal',
    128,
  ],
];
for (const [step, errno, text, message, kind, code] of cases) {
  test(`${step.op} fails with ${errno}`, () => {
    const error = failureError('container', { step: 0, op: number(step.op), errno, text }, [step]);
    expect(error.message).toContain(message);
    expect(error.kind).toBe(kind as typeof error.kind);
    expect(startExitCode(error)).toBe(code);
  });
}

test('an exec finds its container gone', () => {
  const step: Step = { op: 'joinInit', types: 0 };
  const error = failureError('exec', { step: 0, op: number('joinInit'), errno: 3, text: 'init' }, [step]);
  expect([error.kind, error.message]).toEqual(['conflict', 'cannot exec in a stopped container']);
});

test('the shim itself fails', () => {
  const error = failureError('container', { step: 0, op: 0, errno: 22, text: 'malformed step' }, []);
  expect([error.kind, error.message.endsWith('malformed step: invalid argument')]).toEqual(['internal', true]);
});
