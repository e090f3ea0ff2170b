import { messageOf } from '../../kit/index.ts';
import { isShipped } from '../../logs/index.ts';
import type { Context } from '../context.ts';
import type { ContainerRow } from '../row.ts';
import { logFile } from './log-file.ts';
import { logInfo } from './log-info.ts';
import { logRefusal } from './refusal.ts';

/** Before a start: what is done with its log beside the file that its monitor writes. Most have nothing, and cost nothing. */
export function beginLog(context: Context, row: ContainerRow): Promise<void> | undefined {
  const driver = row.hostConfig.LogConfig?.Type ?? 'json-file';
  if (isShipped(driver)) return beginShipping(context, row, driver);
  keepLog(context, row);
  return undefined;
}

async function beginShipping(context: Context, row: ContainerRow, driver: string): Promise<void> {
  const file = logFile(context, row);
  if (!file) return;
  try {
    await context.logs.shippers.begin(driver, { info: logInfo(row), path: file.path, compress: file.compress });
  } catch (error) {
    throw logRefusal(messageOf(error));
  }
}

/** Has the older files of a running container's log compressed, if that was asked for; for what is passed on its shipper sees to it. */
export function keepLog(context: Context, row: ContainerRow): void {
  const { Type = 'json-file', Config } = row.hostConfig.LogConfig ?? {};
  if (Type === 'none' || isShipped(Type) || (Type === 'json-file' && Config?.compress === undefined)) return;
  const file = logFile(context, row);
  if (file?.compress) context.logs.keeper.keep(row.id, { path: file.path });
}

/** It has ended, or its start has failed: nothing more will be written. */
export function endLog(context: Context, { id, hostConfig }: ContainerRow): void {
  if (isShipped(hostConfig.LogConfig?.Type)) context.logs.shippers.end(id);
  else context.logs.keeper.release(id);
}
