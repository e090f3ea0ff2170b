import { expect, test } from 'bun:test';
import { createQuery, parseTimestamp, terminalSize } from './query.ts';
import { checkContentType } from './request.ts';

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

test('flags are read as Docker reads them', () => {
  const query = createQuery('a=&b=0&c=no&d=FALSE&e=none&f=1&g=yes&h=anything&i= 0 ');
  const flags = [...'abcdefghi'].map((name) => query.flag(name));
  expect(flags).toEqual([false, false, false, false, false, true, true, true, false]);
  expect(query.flag('absent')).toBe(false);
  expect(query.flag('absent', true)).toBe(true);
  expect(query.flag('b', true)).toBe(false);
});

test('whole numbers, and Go’s words about others', () => {
  const query = createQuery('a=5&b=-3&c=x&d=1.5&e=99999999999999999999&f=');
  expect([query.integer('a'), query.integer('b'), query.integer('f'), query.integer('g')]).toEqual([
    5,
    -3,
    undefined,
    undefined,
  ]);
  expect(refusal(() => query.integer('c'))).toBe('strconv.Atoi: parsing "x": invalid syntax');
  expect(refusal(() => query.integer('d'))).toBe('strconv.Atoi: parsing "1.5": invalid syntax');
  expect(refusal(() => query.integer('e'))).toBe('strconv.Atoi: parsing "99999999999999999999": value out of range');
});

test('times are seconds with up to nine decimals', () => {
  expect(parseTimestamp('1136073600')).toBe(1136073600_000_000_000n);
  expect(parseTimestamp('1136073600.25')).toBe(1136073600_250_000_000n);
  expect(parseTimestamp('1136073600.000000001')).toBe(1136073600_000_000_001n);
  expect(parseTimestamp('1.12345678999')).toBe(1_123_456_789n);
  expect(parseTimestamp('')).toBeUndefined();
  expect(refusal(() => parseTimestamp('5.'))).toBe('strconv.ParseInt: parsing "": invalid syntax');
  expect(parseTimestamp('0')).toBeUndefined();
  expect(refusal(() => parseTimestamp('1.5.5'))).toBe('strconv.ParseInt: parsing "5.5": invalid syntax');
});

test('the size of a terminal', () => {
  expect(terminalSize(createQuery('h=24&w=80'))).toEqual({ rows: 24, columns: 80 });
  expect(refusal(() => terminalSize(createQuery('w=80')))).toBe('invalid resize height "": invalid syntax');
  expect(refusal(() => terminalSize(createQuery('h=1&w=99999999999')))).toBe(
    'invalid resize width "99999999999": value out of range',
  );
  expect(refusal(() => terminalSize(createQuery('h=-1&w=1')))).toBe('invalid resize height "-1": value out of range');
});

const types: [header: string | undefined, outcome: string][] = [
  ['application/json', 'accepted'],
  ['APPLICATION/JSON; charset="utf-8"', 'accepted'],
  ['application/json;', 'accepted'],
  ['text/plain', "unsupported Content-Type header (text/plain): must be 'application/json'"],
  ['application', "unsupported Content-Type header (application): must be 'application/json'"],
  [undefined, 'malformed Content-Type header (): mime: no media type'],
  [';;;', 'malformed Content-Type header (;;;): mime: no media type'],
  ['a b', 'malformed Content-Type header (a b): mime: expected slash after first token'],
  ['application/', 'malformed Content-Type header (application/): mime: expected token after slash'],
  ['application/json; x', 'malformed Content-Type header (application/json; x): mime: invalid media parameter'],
];

test.each(types)('Content-Type %p: %s', (header, outcome) => {
  expect(refusal(() => checkContentType(header))).toBe(outcome);
});

test('values are read as Go’s parser reads them, a form’s before the query’s', () => {
  const query = createQuery('a=1&b=%C3%A9+x&b=2&=y&c', 'a=form');
  expect([query.text('a'), query.all('a'), query.text('b'), query.text('c'), query.has('c')]).toEqual([
    'form',
    ['form', '1'],
    'é x',
    '',
    true,
  ]);
  expect(createQuery('x=%ff').text('x')).toBe('\ufffd');
  for (const [text, words] of [
    ['a=%zz', 'invalid URL escape "%zz"'],
    ['a=%', 'invalid URL escape "%"'],
    ['a=1;b=2', 'invalid semicolon separator in query'],
  ] as const) {
    expect(() => createQuery(text).text('b')).toThrow(words);
  }
  expect(() => createQuery('v=x').bool('v')).toThrow('invalid value for v: x: strconv.ParseBool: parsing "x"');
});
