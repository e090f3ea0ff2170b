/** A value as Go's %v prints it. */
export function goString(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(goString).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
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
  const text = format.replace(/%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (_, flags, width, precision, verb) => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const body = convert(verb as string, args[next++], precision as string | undefined);
    const size = Number(width);
    if ((flags as string).includes('-')) return body.padEnd(size);
    return body.padStart(size, (flags as string).includes('0') ? '0' : ' ');
  });
  if (next >= args.length) return text;
  return `${text}%!(EXTRA ${args
    .slice(next)
    .map((arg) => `${typeName(arg)}=${goString(arg)}`)
    .join(', ')})`;
}

function convert(verb: string, value: unknown, precision: string | undefined): string {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  switch (verb) {
    case 'v':
    case 's': {
      if (verb === 's' && isNumber) break;
      const text = goString(value);
      return precision === undefined ? text : text.slice(0, Number(precision));
    }
    case 'd':
      if (isNumber) return String(value);
      break;
    case 'q':
      if (Array.isArray(value)) return `[${value.map((one) => JSON.stringify(one)).join(' ')}]`;
      return JSON.stringify(goString(value));
    case 't':
      if (typeof value === 'boolean') return String(value);
      break;
    case 'x':
      if (isNumber) return value.toString(16);
      if (typeof value === 'string') return Buffer.from(value).toString('hex');
      break;
    case 'c':
      if (isNumber) return String.fromCodePoint(Number(value));
      break;
    case 'f':
      if (isNumber) return Number(value).toFixed(Number(precision ?? 6));
      break;
  }
  return `%!${verb}(${typeName(value)}=${goString(value)})`;
}

function typeName(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
