/** A value as Go's %v prints it. */
export function goString(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(goString).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, one]) => `${key}:${goString(one)}`).join(' ')}]`;
  }
  return String(value);
}

/** Whether a value counts as true: not zero, empty or missing. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Go's Printf for %s %v %d %q %t %x %c %f %% with flags, width and precision. */
export function sprintf(format: string, args: unknown[]): string {
  let next = 0;
  const text = format.replace(/%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (...match) => {
    const [, flags = '', width = '', precision, verb = ''] = match as (string | undefined)[];
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const value = args[next++];
    const body = verbs[verb]?.(value, precision) ?? `%!${verb}(${typeName(value)}=${goString(value)})`;
    if (flags.includes('-')) return body.padEnd(Number(width));
    return body.padStart(Number(width), flags.includes('0') ? '0' : ' ');
  });
  if (next >= args.length) return text;
  const extra = args.slice(next).map((arg) => `${typeName(arg)}=${goString(arg)}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

type Verb = (value: unknown, precision: string | undefined) => string | undefined;

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';
const cutTo = (text: string, precision: string | undefined) =>
  precision === undefined ? text : text.slice(0, Number(precision));

/** Each verb; undefined where the value is of the wrong type for it. */
const verbs: Record<string, Verb> = {
  v: (value, precision) => cutTo(goString(value), precision),
  s: (value, precision) => (isNumber(value) ? undefined : cutTo(goString(value), precision)),
  d: (value) => (isNumber(value) ? String(value) : undefined),
  q: (value) =>
    Array.isArray(value) ? `[${value.map((one) => JSON.stringify(one)).join(' ')}]` : JSON.stringify(goString(value)),
  t: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  x: (value) =>
    isNumber(value) ? value.toString(16) : typeof value === 'string' ? Buffer.from(value).toString('hex') : undefined,
  c: (value) => (isNumber(value) ? String.fromCodePoint(Number(value)) : undefined),
  f: (value, precision) => (isNumber(value) ? Number(value).toFixed(Number(precision ?? 6)) : undefined),
};

function typeName(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
