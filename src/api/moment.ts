import { EngineError } from '../kit/index.ts';

const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

/** Go's durations (`1h2m3.5s`) in nanoseconds; what is none is `invalid`. */
export function parseDuration(text: string): number {
  const match = /^([-+]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (text === '0') return 0;
  if (!match) throw new EngineError('invalid', `time: invalid duration ${JSON.stringify(text)}`);
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (units[unit ?? ''] ?? 0);
  }
  return match[1] === '-' ? -total : total;
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
