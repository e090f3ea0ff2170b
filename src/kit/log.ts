/** Where the engine says what happened; one line each, fields after the message. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** A log in logfmt (`time=… level=… msg=… key=value`), as dockerd writes it; `write` takes one line without its newline. */
export function createLog(options: { level: Level; write: (line: string) => void }): Log {
  const least = levels.indexOf(options.level);
  const at =
    (level: Level) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (levels.indexOf(level) < least) return;
      const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quote(value)}`);
      options.write(
        `time=${quote(new Date().toISOString())} level=${level} msg=${JSON.stringify(message)}${rest.join('')}`,
      );
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function quote(value: unknown): string {
  const text = value instanceof Error ? value.message : typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text ?? '');
}

/** A log that says nothing, for tests. */
export const silent: Log = createLog({ level: 'error', write: () => undefined });
