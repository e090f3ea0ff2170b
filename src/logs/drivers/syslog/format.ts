import { hostname } from 'node:os';
import type { LogMessage } from '../contract.ts';

export interface SyslogForm {
  /** The facility's number. */
  facility: number;
  /** Empty for the form of a local syslog, without a host's name. */
  format: '' | 'rfc3164' | 'rfc5424' | 'rfc5424micro';
  tag: string;
  /** Each message with its length in front (RFC 5425). */
  counted: boolean;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const two = (number: number): string => String(number).padStart(2, '0');
const [errorLevel, infoLevel] = [3, 6];

/** Writes messages as Docker does, each with a newline at its end, with the time at which the container said it. */
export function createSyslogFormat({ facility, format, tag, counted }: SyslogForm): (message: LogMessage) => Buffer {
  const host = hostname();
  const { pid } = process;
  const stamp = format.startsWith('rfc5424') ? isoTime : shortTime;
  const heads: Record<string, (time: string) => string> = {
    '': (time) => `${time} ${tag}[${pid}]: `,
    rfc3164: (time) => `${time} ${host} ${tag}[${pid}]: `,
    rfc5424: (time) => `1 ${time} ${host} ${tag} ${pid} ${tag} - `,
    rfc5424micro: (time) => `1 ${time} ${host} ${tag} ${pid} ${tag} - `,
  };
  const head = heads[format] ?? String;
  const digits = format === 'rfc5424micro' ? 6 : 0;
  return ({ stream, time, line }) => {
    const priority = facility * 8 + (stream === 'stderr' ? errorLevel : infoLevel);
    const start = Buffer.from(`<${priority}>${head(stamp(time, digits))}`);
    const end = line.at(-1) === newline ? [] : [newlineBytes];
    const length = start.length + line.length + end.length;
    return Buffer.concat([...(counted ? [Buffer.from(`${length} `)] : []), start, line, ...end]);
  };
}

const newline = 10;
const newlineBytes = Buffer.from('\n');

/** `Jan  2 15:04:05`, local. */
function shortTime(time: string): string {
  const date = secondOf(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${months[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${clock}`;
}

/** `2006-01-02T15:04:05+07:00`, local, with so many digits of a second. */
function isoTime(time: string, digits: number): string {
  const date = secondOf(time);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? '';
  const shown = digits > 0 ? `.${fraction.slice(0, digits).padEnd(digits, '0')}` : '';
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  const zone = minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${day}T${clock}${shown}${zone}`;
}

const secondOf = (time: string): Date => new Date(`${time.slice(0, 19)}Z`);
