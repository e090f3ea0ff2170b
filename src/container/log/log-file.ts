import { EngineError } from '../../kit/index.ts';
import type { LogFile } from '../../runtime/index.ts';
import type { ContainerRow } from '../row.ts';
import { logPath } from './logs.ts';

/** Bounded also where the user did not ask: a chatty container must not fill the disk. */
const defaultBytes = 20_000_000;
const defaultFiles = 3;

const units: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15 };

/** Where and how large the container's log is; undefined with the driver `none`. Docker's words for bad options. */
export function logFile(context: { dataRoot: string }, row: ContainerRow): LogFile | undefined {
  const { Type = 'json-file', Config = {} } = row.hostConfig.LogConfig ?? {};
  if (Type === 'none') return undefined;
  return { path: logPath(context, row.id), ...logBounds(Config) };
}

/** The bounds that `max-size` and `max-file` set. An asked-for size without a count means one file, as in Docker. */
export function logBounds(options: Record<string, string>): { maxBytes: number; maxFiles: number } {
  const size = options['max-size'];
  const files = options['max-file'];
  const maxFiles = files === undefined ? (size === undefined ? defaultFiles : 1) : parseCount(files);
  return { maxBytes: size === undefined ? defaultBytes : parseSize(size), maxFiles };
}

function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  if (!(bytes > 0)) throw refusal(`invalid size: '${text}'`);
  return bytes;
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw refusal(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 1) throw refusal('max-file cannot be less than 1');
  return Number(text);
}

function refusal(why: string): EngineError {
  return new EngineError(
    'internal',
    `failed to create task for container: failed to initialize logging driver: ${why}`,
  );
}
