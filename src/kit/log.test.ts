import { expect, test } from 'bun:test';
import { createLog } from './log.ts';

function written(format: 'text' | 'json', level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, write: (line) => void lines.push(line) }) };
}

test('text is logfmt as logrus writes it: quotes where they are needed, fields sorted', () => {
  const { lines, log } = written('text');
  log.warn('it is so', { path: '/run/tug.sock', error: new Error('a "b"\nc'), a: 1, empty: '' });
  log.info('plain');
  expect(lines[0]).toMatch(/^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z" level=warning msg="it is so" /);
  expect(lines[0]).toEndWith(' a=1 empty="" error="a \\"b\\"\\nc" path=/run/tug.sock');
  expect(lines[1]).toEndWith(' level=info msg=plain');
});

test('json is one object a line, its keys sorted; a field does not hide what the line says', () => {
  const { lines, log } = written('json');
  log.error('broken', { msg: 'other', id: 'x', error: new Error('why'), count: 2 });
  const { time, ...rest } = JSON.parse(lines[0] ?? '');
  expect(rest).toEqual({ count: 2, error: 'why', 'fields.msg': 'other', id: 'x', level: 'error', msg: 'broken' });
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual([
    'count',
    'error',
    'fields.msg',
    'id',
    'level',
    'msg',
    'time',
  ]);
});

test('what is below the level is not written, and the level may change', () => {
  let level: 'debug' | 'info' = 'info';
  const lines: string[] = [];
  const log = createLog({ level: () => level, write: (line) => void lines.push(line) });
  log.debug('one');
  level = 'debug';
  log.debug('two');
  expect(lines.map((line) => line.replace(/^.*msg=/, ''))).toEqual(['two']);
});
