import { formatJson, plainJson } from '../format/json.ts';
import { TemplateError } from './lex.ts';
import { goString, isTrue, sprintf } from './print.ts';

type Value = unknown;

/** The functions of a template: Go's own and Docker's. */
export const functions: Record<string, (...args: Value[]) => Value> = {
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
  not: (arg) => !isTrue(arg),
  eq: (first, ...others) => others.some((other) => same(first, other)),
  ne: (a, b) => !same(a, b),
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(indexOf, value),
  slice: (value, from = 0, to = undefined) =>
    (value as string | unknown[]).slice(from as number, to as number | undefined),
  print: (...args) => args.map(goString).join(args.some((arg) => typeof arg === 'string') ? '' : ' '),
  println: (...args) => `${args.map(goString).join(' ')}\n`,
  printf: (format, ...args) => sprintf(String(format), args),
  json: (value) => (isRow(value) ? formatJson(settled(value)) : plainJson(value)),
  join: (list, separator) => listOf(list).map(goString).join(String(separator)),
  split: (text, separator) => String(text).split(String(separator)),
  lower: (text) => String(text).toLowerCase(),
  upper: (text) => String(text).toUpperCase(),
  title: (text) => String(text).replace(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
  pad: (text, before, after) =>
    text === '' ? '' : `${' '.repeat(Number(before))}${String(text)}${' '.repeat(Number(after))}`,
  truncate: (text, length) => String(text).slice(0, Number(length)),
};

function same(a: Value, b: Value): boolean {
  if (typeof a !== typeof b && a !== null && b !== null && a !== undefined && b !== undefined) {
    throw new TemplateError('incompatible types for comparison');
  }
  return (a ?? null) === (b ?? null);
}

function compare(a: Value, b: Value): number {
  if (typeof a !== typeof b) throw new TemplateError('incompatible types for comparison');
  return (a as number) < (b as number) ? -1 : a === b ? 0 : 1;
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value === null) return 0;
  if (typeof value === 'object') return Object.keys(value as object).length;
  throw new TemplateError(`len of type ${typeof value}`);
}

function indexOf(value: Value, key: Value): Value {
  if (value === null || value === undefined) throw new TemplateError('index of untyped nil');
  if (Array.isArray(value)) {
    const at = Number(key);
    if (!Number.isInteger(at) || at < 0 || at >= value.length) {
      throw new TemplateError(`index out of range: ${String(key)}`);
    }
    return value[at];
  }
  if (typeof value === 'string') return value.charCodeAt(Number(key));
  if (typeof value !== 'object') throw new TemplateError(`can't index item of type ${typeof value}`);
  return Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : undefined;
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

function listOf(value: unknown): unknown[] {
  if (value === null || value === undefined || Array.isArray(value)) return value ?? [];
  throw new Error(`wrong type for value; expected []string; got ${typeof value}`);
}
