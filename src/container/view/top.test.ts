import { expect, test } from 'bun:test';
import { parseProcesses } from './top.ts';

test('the container’s lines alone, the last column whole', () => {
  const output =
    'UID   PID  PPID CMD\nroot    1     0 init\nroot   42     1 sleep  1000 x\nann    43    42 sh -c true\n';
  expect(parseProcesses(output, new Set([42, 43]))).toEqual({
    Titles: ['UID', 'PID', 'PPID', 'CMD'],
    Processes: [
      ['root', '42', '1', 'sleep 1000 x'],
      ['ann', '43', '42', 'sh -c true'],
    ],
  });
});

test('threads belong to the process above them', () => {
  const output = 'PID LWP CMD\n1 - init\n- 1 -\n42 - box\n- 42 -\n- 44 -\n';
  expect(parseProcesses(output, new Set([42])).Processes).toEqual([
    ['42', '-', 'box'],
    ['-', '42', '-'],
    ['-', '44', '-'],
  ]);
});

test('what cannot be told apart is refused in Docker’s words', () => {
  expect(() => parseProcesses('USER CMD\nroot init\n', new Set([1]))).toThrow("Couldn't find PID field in ps output");
  expect(() => parseProcesses('PID\nx\n', new Set([1]))).toThrow(
    'Unexpected pid \'x\': strconv.Atoi: parsing "x": invalid syntax',
  );
});
