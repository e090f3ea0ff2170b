import { decodeFilters } from '../api/decode/index.ts';
import { EngineError, noTruth, truthOf } from '../kit/index.ts';
import { percentDecode, wrongEscape } from './http/index.ts';

/** The query of a request, read as Docker reads it. */
export interface Query {
  has(name: string): boolean;
  /** Empty when absent; of several, the first. */
  text(name: string): string;
  all(name: string): string[];
  /** False when absent, empty, `0`, `no`, `false` or `none`; true otherwise. */
  flag(name: string, otherwise?: boolean): boolean;
  /** Undefined when absent or empty; otherwise as Go parses a bool, or its words about it. */
  bool(name: string): boolean | undefined;
  /** Undefined when absent or empty; otherwise a whole number, or Go's words about it (500, as from Docker). */
  integer(name: string): number | undefined;
  filters(): Record<string, string[]>;
}

/**
 * `form` is a form that came as the body; its values stand before those of the query. A text that Go's parser refuses is
 * `invalid` in its words as soon as somebody asks for a value.
 */
export function createQuery(text: string, form = ''): Query {
  let parsed: Map<string, string[]> | undefined;
  const values = (name: string): string[] => {
    parsed ??= parseValues(form === '' ? text : `${form}&${text}`);
    return parsed.get(name) ?? [];
  };
  const first = (name: string) => values(name)[0] ?? '';
  return {
    has: (name) => values(name).length > 0,
    text: first,
    all: values,
    flag(name, otherwise = false) {
      if (values(name).length === 0) return otherwise;
      return !['', '0', 'no', 'false', 'none'].includes(first(name).trim().toLowerCase());
    },
    bool(name) {
      const value = first(name);
      return value === '' ? undefined : parseBool(name, value);
    },
    integer(name) {
      const value = first(name);
      return value === '' ? undefined : parseInteger(value, 'Atoi');
    },
    filters: () => decodeFilters(first('filters')),
  };
}

function parseValues(text: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair.includes(';')) throw new EngineError('invalid', 'invalid semicolon separator in query');
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = unescapeValue(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : unescapeValue(pair.slice(equals + 1));
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function unescapeValue(text: string): string {
  const wrong = wrongEscape(text);
  if (wrong !== undefined) throw new EngineError('invalid', `invalid URL escape ${JSON.stringify(wrong)}`);
  return percentDecode(text.replaceAll('+', ' '));
}

function parseBool(name: string, text: string): boolean {
  const truth = truthOf(text);
  if (truth === undefined) throw new EngineError('invalid', `invalid value for ${name}: ${text}: ${noTruth(text)}`);
  return truth;
}

/** A decimal whole number of 64 bits; otherwise an error in the words of the Go function named. */
export function parseInteger(text: string, fn: 'Atoi' | 'ParseInt'): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new EngineError('internal', `strconv.${fn}: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const value = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, value) !== value) {
    throw new EngineError('internal', `strconv.${fn}: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
}

/** `1136073600` or `1136073600.000000001`, seconds since 1970, as nanoseconds; undefined when empty or 0. */
export function parseTimestamp(text: string): bigint | undefined {
  if (text === '') return undefined;
  const dot = text.indexOf('.');
  const seconds = parseInteger(dot === -1 ? text : text.slice(0, dot), 'ParseInt');
  const fraction = dot === -1 ? '' : text.slice(dot + 1);
  const decimals = dot === -1 ? 0 : parseInteger(fraction, 'ParseInt');
  if (seconds === 0 && decimals === 0) return undefined;
  const beyond = fraction.length > 9 ? Math.trunc(decimals / 10 ** (fraction.length - 9)) : decimals;
  return BigInt(seconds) * 1_000_000_000n + BigInt(beyond) * 10n ** BigInt(Math.max(9 - fraction.length, 0));
}

/** The `h` and `w` of a resize, in characters. */
export function terminalSize(query: Query): { rows: number; columns: number } {
  return { rows: dimension(query, 'h', 'height'), columns: dimension(query, 'w', 'width') };
}

function dimension(query: Query, name: string, word: string): number {
  const text = query.text(name);
  const isRight = Number(text) >= 0 && Number(text) <= 0xffffffff;
  const problem = !/^[+-]?\d+$/.test(text) ? 'invalid syntax' : isRight ? undefined : 'value out of range';
  if (problem) throw new EngineError('invalid', `invalid resize ${word} ${JSON.stringify(text)}: ${problem}`);
  return Number(text);
}
