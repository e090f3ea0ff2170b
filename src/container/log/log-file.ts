import { join } from 'node:path';
import { messageOf } from '../../kit/index.ts';
import { isShipped, type LogBounds, logBounds } from '../../logs/index.ts';
import type { LogFile } from '../../runtime/index.ts';
import { containerDirectory } from '../life/end/clear.ts';
import type { ContainerRow } from '../row.ts';
import { logAttrs, logInfo } from './log-info.ts';
import { logRefusal } from './refusal.ts';

/** Where and how large the container's log is; undefined with the driver `none`. Docker's words for bad options. */
export function logFile(context: { dataRoot: string }, row: ContainerRow): (LogFile & LogBounds) | undefined {
  const { Type = 'json-file', Config = {} } = row.hostConfig.LogConfig ?? {};
  if (Type === 'none') return undefined;
  try {
    const bounds = logBounds(Type, Config);
    // Only json-file has attributes in its lines, and no bytes but text.
    const attrs = Type === 'json-file' ? logAttrs(logInfo(row)) : '';
    return {
      path: logPath(context, row),
      ...bounds,
      ...(attrs && { attrs }),
      ...(Type !== 'json-file' && { raw: true }),
    };
  } catch (error) {
    throw logRefusal(messageOf(error));
  }
}

/** The file that the shim writes, in Docker's json-file form whatever the driver; one of its own directory for what is passed on. */
export function logPath(context: { dataRoot: string }, { id, hostConfig }: ContainerRow): string {
  const directory = containerDirectory(context, id);
  const driver = hostConfig.LogConfig?.Type;
  if (driver === 'local') return join(directory, 'local-logs', 'container.log');
  return isShipped(driver) ? join(directory, 'cached-logs', 'container.log') : join(directory, `${id}-json.log`);
}
