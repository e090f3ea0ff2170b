import { parseDuration } from './duration.ts';

/** Reads `2013-01-02T13:23:37`, a Unix time or `10m` (ago) into a Unix time; '' stays ''. */
export function parseMoment(text: string, name: string, now: number): string {
  if (text === '' || /^\d+(\.\d+)?$/.test(text)) return text;
  try {
    return seconds(now - parseDuration(text) / 1e6);
  } catch {
    // not relative
  }
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d(?::\d\d(?::\d\d(\.\d+)?)?)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (!match) throw new Error(`invalid value for "${name}": failed to parse value as time or duration: "${text}"`);
  const [, date, time = '00', fraction = '', zone = ''] = match;
  const clock = time.replace(fraction, '').padEnd(2, '0');
  const full = `${date}T${[...clock.split(':'), '00', '00'].slice(0, 3).join(':')}${zone}`;
  const whole = Date.parse(full);
  if (Number.isNaN(whole))
    throw new Error(`invalid value for "${name}": failed to parse value as time or duration: "${text}"`);
  return `${Math.trunc(whole / 1000)}.${fraction.slice(1).padEnd(9, '0')}`;
}

function seconds(milliseconds: number): string {
  const whole = Math.trunc(milliseconds / 1000);
  return `${whole}.${String(Math.trunc(milliseconds - whole * 1000)).padStart(3, '0')}000000`;
}

/** A moment as lists show it, local time: `2026-11-21 23:30:19 +0000 UTC`. */
export function longMoment(milliseconds: number): string {
  const date = new Date(milliseconds);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(offset) / 60))}${pad(Math.abs(offset) % 60)}`;
  return `${day} ${clock} ${zone} ${zoneName(date)}`;
}

/** An RFC 3339 time with all its digits, as Go prints a time. */
export function preciseMoment(text: string): string {
  const whole = longMoment(Date.parse(text));
  const fraction = /\.(\d*?)0*(?:Z|[+-]\d\d:\d\d)$/.exec(text)?.[1];
  return fraction ? whole.replace(/^(\S+ \S+)/, `$1.${fraction}`) : whole;
}

function pad(part: number): string {
  return String(part).padStart(2, '0');
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'UTC';
}
