import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import type { ContainerRow } from '../row.ts';
import type { JoinedNamespaces } from '../spec/index.ts';
import type { NetworkPlace } from './network-mode.ts';

/** The namespaces of other containers that this one's modes name; they must be running. */
export function joinedNamespaces(context: Context, row: ContainerRow, place: NetworkPlace): JoinedNamespaces {
  const pid = processOf(context, row.hostConfig.PidMode, 'PID');
  const ipc = processOf(context, row.hostConfig.IpcMode, 'IPC');
  return {
    ...(place.kind === 'joined' && { network: place.namespace }),
    ...(pid !== undefined && { pid: `/proc/${pid}/ns/pid` }),
    ...(ipc !== undefined && { ipc: `/proc/${ipc}/ns/ipc` }),
  };
}

function processOf(context: Context, mode: string | undefined, what: string): number | undefined {
  if (!mode?.startsWith('container:')) return undefined;
  const target = resolve(context.store, mode.slice('container:'.length));
  const run = context.runs.get(target.id);
  if (!run) {
    throw new EngineError('conflict', `cannot join ${what} namespace of a non running container: ${target.id}`);
  }
  return run.process.pid;
}
