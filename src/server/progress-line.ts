import { type JSONMessage, type Progress, progressBar } from '../api/index.ts';

/** A message of progress, or the failure that ends them. */
export type ProgressMessage = JSONMessage | { errorDetail: { message: string }; error: string };

/** The message as Docker writes it: one line, the fields in its order, the bar drawn, `<`, `>` and `&` escaped. */
export function progressLine(message: ProgressMessage): string {
  const { stream, status, progressDetail, id, errorDetail, error, ...rest } = message as Record<string, unknown>;
  const bar = progressBar((progressDetail ?? {}) as Progress);
  const progress = bar === '' ? undefined : bar;
  const line = JSON.stringify({ stream, status, progressDetail, progress, id, ...rest, errorDetail, error });
  return `${line.replace(/[<>&\u2028\u2029]/g, escaped)}\r\n`;
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
