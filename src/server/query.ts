import { decodeFilters } from '../api/decode/index.ts';
import { EngineError } from '../kit/index.ts';

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

export function createQuery(text: string): Query {
  const values = new URLSearchParams(text);
  const first = (name: string) => values.get(name) ?? '';
  return {
    has: (name) => values.has(name),
    text: first,
    all: (name) => values.getAll(name),
    flag(name, otherwise = false) {
      if (!values.has(name)) return otherwise;
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

function parseBool(name: string, text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  const problem = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new EngineError('invalid', `invalid value for ${name}: ${text}: ${problem}`);
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
  const problem = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) > 0xffffffff ? 'value out of range' : undefined;
  if (problem) throw new EngineError('invalid', `invalid resize ${word} ${JSON.stringify(text)}: ${problem}`);
  return Number(text);
}
