import { plainJson } from '../format/json.ts';
import { fieldsOf, goString, numberText, sortedEntries, typeName } from './print.ts';

/** How one verb was written. */
interface Spec {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const pattern = /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?([\s\S]?)/gu;

/** Go's Sprintf: every verb but %p, with flags, width, precision, `*` and argument numbers. */
export function sprintf(format: string, args: unknown[]): string {
  let next = 0;
  let reordered = false;
  let misplaced = false;
  const jump = (number: string | undefined) => {
    if (number === undefined) return;
    reordered = true;
    misplaced = Number(number) < 1 || Number(number) > args.length;
    if (!misplaced) next = Number(number) - 1;
  };
  const star = (text: string | undefined) => {
    if (text !== '*') return text === undefined ? undefined : Number(text);
    const given = args[next++];
    return typeof given === 'number' && Number.isInteger(given) ? given : Number.NaN;
  };
  const text = format.replace(pattern, (...match) => {
    const [, flags = '', first, width, dot, second, precision, third, verb = ''] = match as (string | undefined)[];
    misplaced = false;
    jump(width === '*' ? first : undefined);
    const wide = star(width);
    jump(second);
    const spec: Spec = {
      plus: flags.includes('+'),
      minus: flags.includes('-') || (wide ?? 0) < 0,
      sharp: flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0') && !flags.includes('-'),
      width: wide === undefined || Number.isNaN(wide) ? undefined : Math.abs(wide),
      precision: dot === undefined ? undefined : (star(precision) ?? 0),
    };
    const fault = `${Number.isNaN(wide) ? '%!(BADWIDTH)' : ''}${Number.isNaN(spec.precision) ? '%!(BADPREC)' : ''}`;
    if (Number.isNaN(spec.precision)) spec.precision = undefined;
    jump(third ?? (width === '*' ? undefined : first));
    if (verb === '') return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (misplaced) return `%!${verb}(BADINDEX)`;
    if (next >= args.length) return `%!${verb}(MISSING)`;
    return fault + padded(verbText(verb, args[next++], spec), spec);
  });
  if (reordered || next >= args.length) return text;
  const extra = args
    .slice(next)
    .map((arg) => (arg === null || arg === undefined ? '<nil>' : `${typeName(arg)}=${goString(arg)}`));
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function padded(text: string, { width, minus, zero }: Spec): string {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  if (!zero) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function verbText(verb: string, value: unknown, spec: Spec): string {
  if (verb === 'T') return typeName(value);
  if (verb === 'v') return anyText(value, spec);
  if (value === null || value === undefined) return `%!${verb}(<nil>)`;
  const text = oneText(verb, value, spec);
  if (text !== undefined) return text;
  if (typeof value === 'object') return compound(value, (one) => verbText(verb, one, { ...spec, width: undefined }));
  return `%!${verb}(${typeName(value)}=${goString(value)})`;
}

function compound(value: object, show: (one: unknown) => string): string {
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  const fields = fieldsOf(value);
  if (fields) return `{${fields.map(show).join(' ')}}`;
  return `map[${sortedEntries(value)
    .map(([key, one]) => `${show(key)}:${show(one)}`)
    .join(' ')}]`;
}

function anyText(value: unknown, spec: Spec): string {
  if (spec.sharp) return syntaxText(value);
  if (typeof value === 'string' && spec.precision !== undefined) return [...value].slice(0, spec.precision).join('');
  if (typeof value === 'number' && !Number.isInteger(value)) return floatText('g', value, spec);
  return value === null || value === undefined ? '<nil>' : goString(value);
}

/** The value as one would write it in Go. */
function syntaxText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `${typeName(value)}{${value.map(syntaxText).join(', ')}}`;
  if (typeof value !== 'object') return String(value);
  const entries = sortedEntries(value).map(([key, one]) => `${quoted(key)}:${syntaxText(one)}`);
  return `${typeName(value)}{${entries.join(', ')}}`;
}

/** One verb of one simple value; undefined where the verb is not for it. */
function oneText(verb: string, value: unknown, spec: Spec): string | undefined {
  if (typeof value === 'boolean') return verb === 't' ? String(value) : undefined;
  if (typeof value === 'string') return stringText(verb, value, spec);
  if (typeof value === 'bigint' || Number.isInteger(value)) return intText(verb, BigInt(value as number), spec);
  return typeof value === 'number' ? floatText(verb, value, spec) || undefined : undefined;
}

function stringText(verb: string, value: string, { precision, sharp, space }: Spec): string | undefined {
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  if (verb === 's') return cut;
  if (verb === 'q') return sharp && !cut.includes('`') ? `\`${cut}\`` : quoted(cut);
  if (verb !== 'x' && verb !== 'X') return undefined;
  const hex = Buffer.from(value).toString('hex');
  const spaced = space ? (hex.match(/../g) ?? []).join(sharp ? ' 0x' : ' ') : hex;
  const whole = sharp && hex !== '' ? `0x${spaced}` : spaced;
  return verb === 'X' ? whole.toUpperCase() : whole;
}

function intText(verb: string, value: bigint, spec: Spec): string | undefined {
  const sign = value < 0n ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  const size = value < 0n ? -value : value;
  const digits = (radix: number, prefix: string) =>
    sign + (spec.sharp ? prefix : '') + size.toString(radix).padStart(spec.precision ?? 0, '0');
  switch (verb) {
    case 'd':
      return digits(10, '');
    case 'b':
      return digits(2, '0b');
    case 'o':
      return digits(8, '0');
    case 'O':
      return `${sign}0o${size.toString(8)}`;
    case 'x':
      return digits(16, '0x');
    case 'X':
      return digits(16, '0X').toUpperCase();
    case 'c':
      return String.fromCodePoint(Number(value));
    case 'q':
      return `'${String.fromCodePoint(Number(value)).replace(/['\\]/, '\\$&')}'`;
    case 'U':
      return `U+${size.toString(16).toUpperCase().padStart(4, '0')}`;
    default:
      return undefined;
  }
}

function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function floatText(verb: string, value: number, { plus, space, precision }: Spec): string {
  const sign = value < 0 ? '' : plus ? '+' : space ? ' ' : '';
  switch (verb) {
    case 'f':
    case 'F':
      return sign + value.toFixed(precision ?? 6);
    case 'e':
      return sign + exponent(value.toExponential(precision ?? 6));
    case 'E':
      return sign + exponent(value.toExponential(precision ?? 6)).toUpperCase();
    case 'g':
    case 'G':
      return (
        sign +
        (precision === undefined ? numberText(value) : exponent(String(Number(value.toPrecision(precision || 1)))))
      );
    default:
      return '';
  }
}

function quoted(text: string): string {
  return plainJson(text)
    .replace(/\\u0007/g, '\\a')
    .replace(/\\u000b/g, '\\v')
    .replace(/\\u00([0-7][\da-f])/g, '\\x$1');
}
