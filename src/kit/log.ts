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

function textLine(level: Level, message: string, fields: Record<string, unknown>): string {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quote(value)}`);
  return `time=${quote(new Date().toISOString())} level=${level} msg=${JSON.stringify(message)}${rest.join('')}`;
}

function jsonLine(level: Level, msg: string, fields: Record<string, unknown>): string {
  const shown = Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]);
  return JSON.stringify({ ...Object.fromEntries(shown), level, msg, time: new Date().toISOString() });
}

function quote(value: unknown): string {
  const text = value instanceof Error ? value.message : typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text ?? '');
}

/** A log that says nothing, for tests. */
export const silent: Log = createLog({ level: 'error', write: () => undefined });
