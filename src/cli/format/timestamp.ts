import { parseDuration } from './duration.ts';

/**
 * Reads `2013-01-02T13:23:37` (this place's zone unless one is said), a Unix time or `10m` (ago) into a Unix time with its
 * fraction; '' stays ''. Throws in Go's words.
 */
export function parseTimestamp(text: string, now: number): string {
  if (text === '') return '';
  const ago = text === '0' ? undefined : duration(text);
  if (ago !== undefined) return String(Math.floor((now - ago / 1e6) / 1000));
  const isLocal = !/[zZ+]/.test(text) && text.split('-').length !== 4;
  try {
    const { seconds, fraction } = parseLayout(text, layoutOf(text, isLocal));
    return `${seconds}.${fraction.slice(0, 9).padEnd(9, '0')}`;
  } catch (error) {
    if (text.includes('-')) throw error;
    if (/^[+-]?\d+(\.[+-]?\d+)?$/.test(text)) return text;
    throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`, { cause: error });
  }
}

function duration(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

/** The layout, in Go's way of writing one, that a text seems to be in. */
function layoutOf(text: string, isLocal: boolean): string {
  const zone = isLocal ? '' : 'Z07:00';
  if (text.includes('.')) return isLocal ? '2006-01-02T15:04:05.999999999' : '2006-01-02T15:04:05.999999999Z07:00';
  if (!text.includes('T')) return `2006-01-02${zone}`;
  const colons = text.split(':').length - 1;
  // The zone's own colon does not count.
  const parts = !isLocal && !/[zZ]/.test(text) && colons > 0 ? colons - 1 : colons;
  return `2006-01-02T15${['', ':04'][parts] ?? ':04:05'}${zone}`;
}

interface Element {
  digits: number;
  name: string;
  from: number;
  to: number;
}

const elements: Record<string, Element> = {
  '2006': { digits: 4, name: 'year', from: 0, to: 9999 },
  '01': { digits: 2, name: 'month', from: 1, to: 12 },
  '02': { digits: 2, name: 'day', from: 1, to: 31 },
  '15': { digits: 2, name: 'hour', from: 0, to: 23 },
  '04': { digits: 2, name: 'minute', from: 0, to: 59 },
  '05': { digits: 2, name: 'second', from: 0, to: 59 },
};

function parseLayout(text: string, layout: string): { seconds: number; fraction: string } {
  const values: number[] = [];
  let rest = text;
  let fraction = '';
  let zone: string | undefined;
  const fail = (what: string) =>
    new Error(`parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(what)}`);
  for (const [part] of layout.matchAll(/2006|01|02|15|04|05|\.9+|Z07:00|./g)) {
    const element = elements[part];
    if (element) {
      if (!new RegExp(`^\\d{${element.digits}}`).test(rest)) throw fail(part);
      const value = Number(rest.slice(0, element.digits));
      if (value < element.from || value > element.to) throw outOfRange(text, element.name);
      values.push(value);
      rest = rest.slice(element.digits);
      if (part === '05') [, fraction = '', rest = ''] = /^(?:[.,](\d+))?(.*)$/s.exec(rest) ?? [];
    } else if (part === 'Z07:00') {
      const found = /^(Z|[+-]\d\d:\d\d)(.*)$/s.exec(rest);
      if (!found) throw fail(part);
      [, zone = '', rest = ''] = found;
    } else if (!part.startsWith('.9')) {
      if (!rest.startsWith(part)) throw fail(part);
      rest = rest.slice(1);
    }
  }
  if (rest !== '') throw new Error(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);
  return { seconds: secondsOf(text, values, zone), fraction };
}

function secondsOf(text: string, values: number[], zone: string | undefined): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = values;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) throw outOfRange(text, 'day');
  if (zone === undefined) return new Date(year, month - 1, day, hour, minute, second).getTime() / 1000;
  const [hours = 0, minutes = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number);
  const offset = (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - offset;
}

function outOfRange(text: string, name: string): Error {
  return new Error(`parsing time ${quote(text)}: ${name} out of range`);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
