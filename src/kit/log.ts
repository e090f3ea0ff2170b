/** Where the engine says what happened; one line each, fields after the message. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/**
 * A log in logfmt (`time=… level=… msg=… key=value`) or in JSON, as dockerd writes it; `write` takes one line without its newline. The
 * least level may change as it goes.
 */
export function createLog(options: {
  level: Level | (() => Level);
  format?: 'text' | 'json';
  write: (line: string) => void;
}): Log {
  const { level: least } = options;
  const leastNow = typeof least === 'function' ? least : () => least;
  const toLine = options.format === 'json' ? jsonLine : textLine;
  const at =
    (level: Level) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (levels.indexOf(level) < levels.indexOf(leastNow())) return;
      options.write(toLine(level, message, fields));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** As logrus names it. */
const shownLevels = { debug: 'debug', info: 'info', warn: 'warning', error: 'error' } as const;

function textLine(level: Level, message: string, fields: Record<string, unknown>): string {
  const rest = sorted(fields).map(([key, value]) => ` ${key}=${quoted(textOf(value))}`);
  return `time="${stamp()}" level=${shownLevels[level]} msg=${quoted(message)}${rest.join('')}`;
}

function jsonLine(level: Level, msg: string, fields: Record<string, unknown>): string {
  const shown = Object.entries(fields).map(([key, value]) => {
    // What a line itself says is not lost to a field of the same name.
    const name = ['level', 'msg', 'time'].includes(key) ? `fields.${key}` : key;
    return [name, value instanceof Error ? value.message : value] as const;
  });
  const all = { ...Object.fromEntries(shown), level: shownLevels[level], msg, time: stamp() };
  return JSON.stringify(Object.fromEntries(sorted(all)));
}

const sorted = (fields: Record<string, unknown>): [string, unknown][] =>
  Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1));

/** RFC 3339 with nine digits. */
const stamp = (): string => new Date().toISOString().replace('Z', '000000Z');

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** logrus leaves plain words without quotes. */
const quoted = (text: string): string => (/^[\w.\-/@^+]+$/.test(text) ? text : JSON.stringify(text));

/** A log that says nothing, for tests. */
export const silent: Log = createLog({ level: 'error', write: () => undefined });
