import { formatJson, plainJson } from '../format/json.ts';
import { goString, isTrue, typeName } from './print.ts';
import { sprintf } from './printf.ts';
import { originalOf, shapeOf } from './shapes.ts';

type Value = unknown;

/** What an argument must be. */
export type Kind = 'any' | 'string' | 'int' | '[]string';

/** A function of a template: what it takes (`rest` for any more) and what it does; it throws what is wrong, without a place. */
export interface Definition {
  takes: Kind[];
  rest?: Kind;
  /** Stops at the first argument that decides. */
  decides?: (value: Value) => boolean;
  call(...args: Value[]): Value;
}

const define = (takes: Kind[], call: Definition['call'], rest?: Kind): Definition => ({
  takes,
  call,
  ...(rest ? { rest } : {}),
});
const text = (value: Value) => value as string;

/** Go's own functions and Docker's. */
export const functions: Record<string, Definition> = {
  and: { takes: ['any'], rest: 'any', decides: (value) => !isTrue(value), call: (...args) => args.at(-1) },
  or: { takes: ['any'], rest: 'any', decides: isTrue, call: (...args) => args.at(-1) },
  not: define(['any'], (value) => !isTrue(value)),
  eq: define(['any'], equal, 'any'),
  ne: define(['any', 'any'], (a, b) => !same(a, b)),
  lt: define(['any', 'any'], (a, b) => order(a, b) < 0),
  le: define(['any', 'any'], (a, b) => order(a, b) <= 0),
  gt: define(['any', 'any'], (a, b) => order(a, b) > 0),
  ge: define(['any', 'any'], (a, b) => order(a, b) >= 0),
  len: define(['any'], lengthOf),
  index: define(['any'], indexAll, 'any'),
  slice: define(['any'], slice, 'any'),
  call: define(
    ['any'],
    (value) => {
      throw new Error(`non-function of type ${typeName(value)}`);
    },
    'any',
  ),
  print: define([], (...args) => sprint(args), 'any'),
  println: define([], (...args) => `${args.map(spoken).join(' ')}\n`, 'any'),
  printf: define(['string'], (format, ...args) => sprintf(text(format), args), 'any'),
  html: define([], (...args) => escapeHtml(sprint(args)), 'any'),
  js: define([], (...args) => escapeJs(sprint(args)), 'any'),
  urlquery: define([], (...args) => escapeQuery(sprint(args)), 'any'),
  json: define(['any'], (value) => (isRow(value) ? formatJson(settled(value)) : plainJson(originalOf(value)))),
  join: define(['[]string', 'string'], (list, separator) => (list as string[]).join(text(separator))),
  split: define(['string', 'string'], (whole, separator) => split(text(whole), text(separator))),
  lower: define(['string'], (value) => text(value).toLowerCase()),
  upper: define(['string'], (value) => text(value).toUpperCase()),
  title: define(['string'], (value) =>
    text(value).replace(
      /(^|[^\p{L}\p{N}_])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  ),
  pad: define(['string', 'int', 'int'], (value, before, after) =>
    value === '' ? '' : ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)),
  ),
  truncate: define(['string', 'int'], (value, length) =>
    Buffer.from(text(value)).subarray(0, Number(length)).toString(),
  ),
};

/** In a table's header line words stay whole, whatever is done to those below. */
export const headerFunctions: Record<string, Definition> = {
  ...functions,
  ...Object.fromEntries(
    ['json', 'split', 'join', 'title', 'lower', 'upper', 'truncate'].map((name) => [
      name,
      define(
        ['string', 'any'].slice(0, ['split', 'join', 'truncate'].includes(name) ? 2 : 1) as Kind[],
        (word) => word,
      ),
    ]),
  ),
};

function spoken(value: Value): string {
  return value === undefined ? '<nil>' : goString(value);
}

/** Go's Sprint: a space between two neighbours when neither is a string. */
function sprint(args: Value[]): string {
  return args
    .map((arg, at) => (at > 0 && typeof arg !== 'string' && typeof args[at - 1] !== 'string' ? ' ' : '') + spoken(arg))
    .join('');
}

function basicKind(value: Value): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'object' || value === undefined ? 'invalid' : typeof value;
}

function equal(first: Value, ...others: Value[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => same(first, other));
}

function same(a: Value, b: Value): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (basicKind(a) !== basicKind(b)) throw new Error('incompatible types for comparison');
  if (typeof a === 'object') {
    throw new Error(`non-comparable types ${goString(a)}: ${typeName(a)}, ${typeName(b)}: ${goString(b)}`);
  }
  return a === b;
}

function order(a: Value, b: Value): number {
  if (basicKind(a) !== basicKind(b)) throw new Error('incompatible types for comparison');
  if (typeof a === 'boolean' || typeof a === 'object' || a === undefined)
    throw new Error('invalid type for comparison');
  return (a as number) < (b as number) ? -1 : a === b ? 0 : 1;
}

function lengthOf(value: Value): number {
  if (value === null || value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value');
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  const shape = shapeOf(value);
  const isStruct = typeof shape === 'object' && 'struct' in shape;
  if (typeof value === 'object' && !isStruct) return Object.keys(value).length;
  throw new Error(`len of type ${typeName(value)}`);
}

function indexAll(value: Value, ...keys: Value[]): Value {
  if (value === null || value === undefined) throw new Error('index of untyped nil');
  return keys.reduce(indexOf, value);
}

function indexOf(value: Value, key: Value): Value {
  if (value === null || value === undefined) throw new Error('index of untyped nil');
  if (Array.isArray(value) || typeof value === 'string') {
    const list = typeof value === 'string' ? Buffer.from(value) : value;
    return list[position(key, list.length - 1)] as Value;
  }
  if (typeof value !== 'object') throw new Error(`can't index item of type ${typeName(value)}`);
  if (key === null || key === undefined) throw new Error('value is nil; should be of type string');
  if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`);
  if (Object.hasOwn(value, key)) return (value as Record<string, unknown>)[key];
  const shape = shapeOf(value);
  return typeof shape === 'object' && 'map' in shape && shape.map === 'string' ? '' : undefined;
}

function position(key: Value, last: number): number {
  if (key === null || key === undefined) throw new Error('cannot index slice/array with nil');
  if (typeof key !== 'number' || !Number.isInteger(key)) {
    throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  }
  if (key < 0 || key > last) throw new Error(`index out of range: ${key}`);
  return key;
}

function slice(value: Value, ...bounds: Value[]): Value {
  if (value === null || value === undefined) throw new Error('slice of untyped nil');
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  if (typeof value !== 'string' && !Array.isArray(value))
    throw new Error(`can't slice item of type ${typeName(value)}`);
  if (typeof value === 'string' && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  const list = typeof value === 'string' ? Buffer.from(value) : value;
  const [from = 0, to = list.length] = bounds.map((bound) => position(bound, list.length));
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  return Buffer.isBuffer(list) ? list.subarray(from, to).toString() : list.slice(from, to);
}

function split(whole: string, separator: string): string[] {
  return separator === '' ? [...whole] : whole.split(separator);
}

const html: Record<string, string> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&#34;',
  '\0': '\uFFFD',
};

function escapeHtml(value: string): string {
  return value.replace(/[<>&'"\0]/g, (letter) => html[letter] ?? letter);
}

function escapeJs(value: string): string {
  return value
    .replace(/[\\'"]/g, '\\$&')
    .replace(
      /[<>&=]|\p{Cc}/gu,
      (letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
    );
}

function escapeQuery(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function isRow(value: Value): value is Record<string, unknown> {
  return (
    value !== null && typeof value === 'object' && Object.values(value).some((field) => typeof field === 'function')
  );
}

/** A row's fields may be methods: JSON shows what those without arguments return. */
function settled(row: Record<string, unknown>): Value {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([, field]) => typeof field !== 'function' || field.length === 0)
      .map(([name, field]): [string, unknown] => [name, typeof field === 'function' ? field() : field])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
