import { noTruth, truthOf } from '../../kit/index.ts';

/** One flag: how it is written, shown and read. `T` is the value a command gets. */
export interface Flag<T> {
  short?: string;
  /** The word after the name in the help: `string`, `list`, nothing for a switch. */
  type: string;
  usage: string;
  initial: T;
  /** The default as the help shows it. */
  shown?: string;
  /** The value a bare `--name` stands for. */
  bare?: string;
  hidden?: boolean;
  /** Reads one occurrence, given the value so far; throws what is wrong with it. */
  read(text: string, before: T): T;
}

type Extra = Partial<Pick<Flag<unknown>, 'short' | 'type' | 'shown' | 'hidden'>>;

/** `--name` or `--name=true|false`. */
export function bool(usage: string, extra: Extra & { initial?: boolean } = {}): Flag<boolean> {
  const shown = extra.initial ? { shown: 'true' } : {};
  return { type: '', usage, initial: false, bare: 'true', read: readBool, ...shown, ...extra };
}

/** One text; the last one wins. */
export function string(usage: string, extra: Extra & { initial?: string } = {}): Flag<string> {
  const shown = extra.initial ? { shown: JSON.stringify(extra.initial) } : {};
  return { type: 'string', usage, initial: '', read: (text) => text, ...shown, ...extra };
}

/** Every occurrence, in order, each checked and possibly rewritten by `check`. */
export function list(usage: string, extra: Extra = {}, check = (text: string) => text): Flag<string[]> {
  return { type: 'list', usage, initial: [], read: (text, before) => [...before, check(text)], ...extra };
}

/** Every occurrence and, within one, everything between commas. */
export function strings(usage: string, extra: Extra = {}): Flag<string[]> {
  return { type: 'strings', usage, initial: [], read: readStrings, ...extra };
}

/** A whole number. */
export function int(usage: string, extra: Extra & { initial?: number } = {}): Flag<number> {
  const shown = extra.initial ? { shown: String(extra.initial) } : {};
  return { type: 'int', usage, initial: 0, read: readInt, ...shown, ...extra };
}

/** A whole number of so many bits, without a sign. */
export function uint(usage: string, bits: 16 | 64, extra: Extra = {}): Flag<number> {
  const read = (text: string) => readUint(text, 2 ** bits - 1);
  return { type: bits === 16 ? 'uint16' : 'uint', usage, initial: 0, read, ...extra };
}

/** A flag with a reader of its own. */
export function value<T>(usage: string, own: Omit<Flag<T>, 'usage'>): Flag<T> {
  return { usage, ...own };
}

function readStrings(text: string, before: string[]): string[] {
  return [...before, ...text.split(',')];
}

/** A truth as Go reads it. */
export function readBool(text: string): boolean {
  const truth = truthOf(text);
  if (truth === undefined) throw new Error(noTruth(text));
  return truth;
}

function readUint(text: string, most: number): number {
  const fault = (what: string) => new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${what}`);
  const value = /^\d/.test(text) ? numberIn(text) : Number.NaN;
  if (Number.isNaN(value)) throw fault('invalid syntax');
  if (value > most) throw fault('value out of range');
  return value;
}

/** Go's digits without a sign: decimal, 0x, 0o, 0b, and a leading 0 for octal. */
function numberIn(digits: string): number {
  if (!/^(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)$/.test(digits)) return Number.NaN;
  return Number(/^0\d+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

/** A whole number as Go reads it: sign, decimal, 0x, 0o, 0b. */
export function readInt(text: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const size = numberIn(digits);
  if (Number.isNaN(size)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return sign === '-' ? -size : size;
}
