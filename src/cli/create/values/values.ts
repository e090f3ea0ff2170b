import { flag, readInt } from '../../flags/index.ts';
import type { Flag } from '../../flags/values.ts';
import { parseBytes } from '../../format/bytes.ts';
import { parseDuration } from '../../format/duration.ts';

type Extra = Partial<Pick<Flag<unknown>, 'short'>>;

/** A size of memory in bytes. */
export function bytes(usage: string, extra: Extra = {}): Flag<number> {
  return flag.value<number>(usage, { type: 'bytes', initial: 0, read: parseBytes, ...extra });
}

/** A size of memory in bytes, or -1 for no limit. */
export function swapBytes(usage: string): Flag<number> {
  return flag.value<number>(usage, {
    type: 'bytes',
    initial: 0,
    read: (text) => (text === '-1' ? -1 : parseBytes(text)),
  });
}

/** A time in nanoseconds. */
export function duration(usage: string): Flag<number> {
  return flag.value<number>(usage, { type: 'duration', initial: 0, read: parseDuration, shown: '0s' });
}

/** A number of CPUs in billionths. */
export function cpus(usage: string): Flag<number> {
  return flag.value<number>(usage, { type: 'decimal', initial: 0, read: parseCpus });
}

/** `name=soft[:hard]` as the engine takes it, by name. */
export function ulimits(usage: string): Flag<Map<string, Ulimit>> {
  return flag.value<Map<string, Ulimit>>(usage, {
    type: 'ulimit',
    initial: new Map(),
    shown: '[]',
    read(text, before) {
      const limit = parseUlimit(text);
      return new Map(before).set(limit.Name, limit);
    },
  });
}

/** `key=value`, repeated; the last of a key wins. */
export function map(usage: string, check = (text: string) => text): Flag<Record<string, string>> {
  return flag.value<Record<string, string>>(usage, {
    type: 'map',
    initial: {},
    shown: 'map[]',
    read(given, before) {
      const text = check(given);
      const equals = text.indexOf('=');
      const key = equals < 0 ? text : text.slice(0, equals);
      return { ...before, [key]: equals < 0 ? '' : text.slice(equals + 1) };
    },
  });
}

/** One limit of a process. */
export interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

/** A device and its share or limit, `/dev/sda:number`. */
export interface DeviceLimit {
  Path: string;
  value: number;
}

/** Device limits, repeated; `read` reads the part after the colon. */
export function deviceLimits(usage: string, what: string, read: (text: string) => number): Flag<DeviceLimit[]> {
  return flag.value<DeviceLimit[]>(usage, {
    type: 'list',
    initial: [],
    shown: '[]',
    read: (text, before) => [...before, parseDeviceLimit(text, what, read)],
  });
}

function parseDeviceLimit(text: string, what: string, read: (text: string) => number): DeviceLimit {
  const [device = '', amount, ...more] = text.split(':');
  if (amount === undefined || more.length > 0 || device === '') throw new Error(`bad format: ${text}`);
  if (!device.startsWith('/dev/')) throw new Error(`bad format for device path: ${text}`);
  try {
    const value = read(amount);
    if (value >= 0) return { Path: device, value };
  } catch {
    // said below, with the whole word
  }
  throw new Error(`invalid ${what} for device: ${text}`);
}

const ulimitNames = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
);

/** Reads `nofile=1024:2048`. */
export function parseUlimit(text: string): Ulimit {
  const [name = '', value] = text.split('=');
  if (!value) throw new Error(`invalid ulimit argument: ${text}`);
  if (!ulimitNames.has(name)) throw new Error(`invalid ulimit type: ${name}`);
  const [softText = '', hardText, ...more] = value.split(':');
  if (more.length > 0) {
    throw new Error(`too many limit value arguments - ${value}, can only have up to two, \`soft[:hard]\``);
  }
  const soft = readInt(softText);
  const hard = hardText === undefined ? soft : readInt(hardText);
  if (hard !== -1 && (soft > hard || soft === -1)) {
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { Name: name, Soft: soft, Hard: hard };
}

function parseCpus(text: string): number {
  const match = /^[+-]?(\d+\.?\d*|\.\d+)(?:e([+-]?\d+))?$/i.exec(text);
  const fraction = /^([+-]?\d+)\/(\d+)$/.exec(text);
  if (!match && !fraction) throw new Error(`failed to parse ${text} as a rational number`);
  const nano = fraction ? (Number(fraction[1]) / Number(fraction[2])) * 1e9 : Number(text) * 1e9;
  if (Math.abs(nano - Math.round(nano)) > 1e-6) throw new Error('value is too precise');
  return Math.round(nano);
}
