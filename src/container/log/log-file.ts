import { join } from 'node:path';
import type { LogFile } from '../../runtime/index.ts';
import { containerDirectory } from '../life/end/clear.ts';
import type { ContainerRow } from '../row.ts';
import { logAttrs } from './attrs.ts';
import { isTrue } from './log-config.ts';
import { logRefusal } from './refusal.ts';
import { parseSize } from './sizes.ts';

/** Bounded also where the user did not ask: a chatty container must not fill the disk. */
const defaults: Record<string, { bytes: number; files: number }> = {
  'json-file': { bytes: 20_000_000, files: 3 },
  local: { bytes: 20_000_000, files: 5 },
};

/** Where and how large the container's log is; undefined with the driver `none`. Docker's words for bad options. */
export function logFile(context: { dataRoot: string }, row: ContainerRow): LogFile | undefined {
  const { Type = 'json-file', Config = {} } = row.hostConfig.LogConfig ?? {};
  if (Type === 'none') return undefined;
  const attrs = Type === 'local' ? '' : logAttrs(row);
  checkCompression(Type, Config);
  return { path: logPath(context, row), ...logBounds(Config, Type), ...(attrs && { attrs }) };
}

/** The bounds that `max-size` and `max-file` set. An asked-for size without a count means one file, as in Docker. */
export function logBounds(
  options: Record<string, string>,
  driver = 'json-file',
): { maxBytes: number; maxFiles: number } {
  const { bytes, files } = defaults[driver] ?? { bytes: 20_000_000, files: 3 };
  const { 'max-size': size, 'max-file': count } = options;
  const implied = size === undefined || driver !== 'json-file' ? files : 1;
  return { maxBytes: boundOf(size, bytes), maxFiles: count === undefined ? implied : parseCount(count) };
}

function boundOf(size: string | undefined, otherwise: number): number {
  if (size === undefined) return otherwise;
  const bytes = parseSize(size);
  if (!bytes) throw logRefusal(`invalid size: '${size}'`);
  return bytes;
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw logRefusal(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 1) throw logRefusal('max-file cannot be less than 1');
  return Number(text);
}

/** What is asked for rightly has been refused at the creation. */
function checkCompression(driver: string, { compress }: Record<string, string>): void {
  if (compress === undefined) return;
  if (!isTrue(compress) && !['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(compress)) {
    const why = `strconv.ParseBool: parsing ${JSON.stringify(compress)}: invalid syntax`;
    throw logRefusal(driver === 'local' ? `error reading compress log option: ${why}` : why);
  }
  if (!isTrue(compress)) return;
  throw logRefusal(
    driver === 'local'
      ? 'compression cannot be enabled when max file count is 1'
      : 'compress cannot be true when max-file is less than 2 or max-size is not set',
  );
}

/** The file that the shim writes, in Docker's json-file form whatever the driver. */
export function logPath(context: { dataRoot: string }, { id, hostConfig }: ContainerRow): string {
  const directory = containerDirectory(context, id);
  if (hostConfig.LogConfig?.Type === 'local') return join(directory, 'local-logs', 'container.log');
  return join(directory, `${id}-json.log`);
}
