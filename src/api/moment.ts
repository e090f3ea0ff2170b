import { EngineError } from '../kit/index.ts';

const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

/** Go's durations (`1h2m3.5s`) in nanoseconds; what is none is `invalid`. */
export function parseDuration(text: string): number {
  const match = /^([-+]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (text === '0') return 0;
  if (!match) throw new EngineError('invalid', durationFault(text));
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (units[unit ?? ''] ?? 0);
  }
  return match[1] === '-' ? -total : total;
}

/** What Go says of a text that is no duration. */
function durationFault(text: string): string {
  const shown = JSON.stringify(text);
  const last = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))*(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(text);
  if (!last) return `time: invalid duration ${shown}`;
  const [whole, unit = ''] = last;
  if (unit in units) return `time: invalid duration ${shown}`;
  if (unit !== '') return `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`;
  return `time: ${whole === text ? 'missing unit in' : 'invalid'} duration ${shown}`;
}

/** A time (RFC 3339, or seconds since 1970) or how long ago before `now`, in milliseconds since 1970; else `invalid`. */
export function parseMoment(text: string, now: number): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const time = Date.parse(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(time)) return time;
  try {
    return now - parseDuration(text) / 1e6;
  } catch (error) {
    throw new EngineError('invalid', `failed to parse value as time or duration: ${JSON.stringify(text)}`, error);
  }
}

/** Nanoseconds as Go prints a duration: `1m30s`, `1.5s`, `500ms`, `0s`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 0) return `-${goDuration(-nanoseconds)}`;
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const whole = Math.floor(nanoseconds / 1e9);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const fraction = String(nanoseconds % 1e9)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const seconds = `${whole % 60}${fraction ? `.${fraction}` : ''}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
