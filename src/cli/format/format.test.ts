import { expect, test } from 'bun:test';
import { binarySize, humanSize, listSize, parseBytes } from './bytes.ts';
import { humanDuration, parseDuration } from './duration.ts';
import { formatJson, indentJson, parseJson, plainJson } from './json.ts';
import { displayPorts } from './ports.ts';
import { formatRows } from './table.ts';
import { ellipsis } from './text.ts';
import { preciseMoment } from './time.ts';
import { parseTimestamp } from './timestamp.ts';

test('sizes are read', () => {
  expect(['1', '1k', '1.5g', '2GiB', '3 mb', '4B'].map(parseBytes)).toEqual([
    1,
    1024,
    1_610_612_736,
    2 ** 31,
    3 << 20,
    4,
  ]);
  for (const text of ['', 'x', '1x', '-1', '1.k', 'k'])
    expect(() => parseBytes(text)).toThrow(`invalid size: '${text}'`);
});

test('sizes are written', () => {
  expect([0, 999, 1000, 1_982_000, 123_456_789].map(listSize)).toEqual(['0B', '999B', '1kB', '1.98MB', '123MB']);
  expect([1_982_345, 999_950].map(humanSize)).toEqual(
    ['1.982MB', '1e+03kB'].map((text, at) => (at === 0 ? text : '1000kB')),
  );
  expect(binarySize(25_275_000_000)).toBe('23.54GiB');
});

test('durations', () => {
  expect(['1s', '1m30s', '500ms', '0', '-2h', '1.5s'].map(parseDuration)).toEqual([1e9, 90e9, 5e8, 0, -7200e9, 1.5e9]);
  expect(() => parseDuration('1x')).toThrow('time: unknown unit "x" in duration "1x"');
  expect(() => parseDuration('1')).toThrow('time: missing unit in duration "1"');
  const second = 1000;
  const hour = 3600 * second;
  const spans = [
    0,
    second,
    59 * second,
    60 * second,
    300 * second,
    hour,
    47 * hour,
    48 * hour,
    15 * 24 * hour,
    90 * 24 * hour,
    3 * 365 * 24 * hour,
  ];
  expect(spans.map(humanDuration)).toEqual([
    'Less than a second',
    '1 second',
    '59 seconds',
    'About a minute',
    '5 minutes',
    'About an hour',
    '47 hours',
    '2 days',
    '2 weeks',
    '3 months',
    '3 years',
  ]);
});

const read = (text: string) => parseTimestamp(text, 1_000_000_500);

test('moments', () => {
  expect(read('')).toBe('');
  expect(read('1700000000')).toBe('1700000000');
  expect(read('1.25')).toBe('1.25');
  expect(read('10s')).toBe('999990');
  expect(read('2013-01-02T13:23:37.5Z')).toBe('1357133017.500000000');
  expect(read('2013-01-02T13:23+01:00')).toBe('1357129380.000000000');
  expect(read('2013-01-02Z')).toBe('1357084800.000000000');
  expect(preciseMoment('2026-11-21T23:15:31.567383882Z')).toContain('31.567383882 ');
});

test('JSON keeps its order, its numbers and its empty brackets', () => {
  const text = '{"b":{},"a":[],"n":9223372036854771712,"c":[1,{"x":"a{,\\"b"}]}';
  expect(indentJson(text, '  ')).toBe(
    '{\n  "b": {},\n  "a": [],\n  "n": 9223372036854771712,\n  "c": [\n    1,\n    {\n      "x": "a{,\\"b"\n    }\n  ]\n}',
  );
  expect(plainJson(parseJson(text))).toBe(text);
  expect(formatJson('<&>')).toBe('"\\u003c\\u0026\\u003e"');
});

const port = (PrivatePort: number, IP?: string, PublicPort?: number, Type = 'tcp') => ({
  PrivatePort,
  Type,
  ...(IP ? { IP } : {}),
  ...(PublicPort ? { PublicPort } : {}),
});

test('ports', () => {
  expect(displayPorts([port(81), port(80), port(443)])).toBe('80-81/tcp, 443/tcp');
  expect(displayPorts([port(80, '0.0.0.0', 8080), port(80, '::', 8080)])).toBe(
    '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp',
  );
  expect(displayPorts([port(9000, '127.0.0.1', 9000), port(9001, '127.0.0.1', 9001)])).toBe(
    '127.0.0.1:9000-9001->9000-9001/tcp',
  );
});

const listing = {
  headers: { ID: 'ID', Name: 'NAME' },
  table: '{{.ID}}\\t{{.Name}}',
  quiet: '{{.ID}}',
  typeName: '*x.Context',
};
const rows = [
  { ID: '1', Name: () => 'one' },
  { ID: '22222222', Name: () => 'two' },
];

const show = (format: string, quiet = false) => formatRows(listing, rows, { format, quiet });

test('tables', () => {
  expect(show('')).toBe('ID         NAME\n1          one\n22222222   two\n');
  expect(show('', true)).toBe('1\n22222222\n');
  expect(show('json')).toBe('{"ID":"1","Name":"one"}\n{"ID":"22222222","Name":"two"}\n');
  expect(show('table {{.Name}}')).toBe('NAME\none\ntwo\n');
  expect(show('{{.Name}}!')).toBe('one!\ntwo!\n');
  expect(() => show('{{.Foo}}')).toThrow(
    'template parsing error: template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *x.Context',
  );
});

test('a table is the same whether it is filled by columns or executed line by line', () => {
  const headers = { Name: 'NAME', Size: 'SIZE', Note: 'NOTE' };
  const listing = { headers, table: '', quiet: '', typeName: 'row' };
  const rows = [
    { Name: () => 'short', Size: () => '1', Note: () => '' },
    { Name: () => 'a much longer name', Size: () => '\u{1f600}\u{1f600}', Note: () => 'x' },
    { Name: () => '', Size: () => 'twelve letters', Note: () => 'y' },
  ];
  const both = (data: Record<string, () => unknown>[]) =>
    ['table {{.Name}}\t{{.Size}}\t{{.Note}}', 'table {{.Name}}\t{{print .Size}}\t{{.Note}}'].map((format) =>
      formatRows(listing, data, { format, quiet: false }),
    );
  for (const data of [rows, [], [{ ...rows[0], Note: () => 'two\nlines\tand a tab' }]]) {
    const [byColumns, byLines] = both(data as Record<string, () => unknown>[]);
    expect(byColumns).toBe(byLines as string);
  }
  expect(() => formatRows(listing, rows, { format: 'table {{.Name}}\t{{.Other}}', quiet: false })).toThrow('Other');
});

test('what is cut off is said', () => {
  expect([ellipsis('abcdef', 6), ellipsis('abcdef', 5)]).toEqual(['abcdef', 'abcd…']);
});

const noTimes: [text: string, words: string][] = [
  ['x', 'failed to parse value as time or duration: "x"'],
  ['1.x', 'failed to parse value as time or duration: "1.x"'],
  ['2013-13-45', 'parsing time "2013-13-45": month out of range'],
  ['2013-02-29', 'parsing time "2013-02-29": day out of range'],
  ['2013-01-01T99', 'parsing time "2013-01-01T99": hour out of range'],
  ['2013-01-01T10:00:00.5x', 'parsing time "2013-01-01T10:00:00.5x": extra text: "x"'],
  [
    '2013-01-01T10:00:00-0700',
    'parsing time "2013-01-01T10:00:00-0700" as "2006-01-02T15:04Z07:00": cannot parse ":00-0700" as "Z07:00"',
  ],
];
for (const [text, words] of noTimes) {
  test(`${text} is no time`, () => expect(() => parseTimestamp(text, 0)).toThrow(words));
}
