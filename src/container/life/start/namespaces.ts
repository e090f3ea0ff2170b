import { EngineError, messageOf } from '../../../kit/index.ts';
import type { Context } from '../../context.ts';
import { resolve } from '../../lookup.ts';
import type { ContainerRow } from '../../row.ts';
import { isContainerMode, type JoinedNamespaces } from '../../spec/index.ts';
import type { NetworkPlace } from './network-mode.ts';

/** The namespaces of other containers that this one's modes name, which must be running, and that of the /dev/shm it shares. */
export function joinedNamespaces(
  context: Context,
  row: ContainerRow,
  place: NetworkPlace,
): { joined: JoinedNamespaces; shm?: { namespace: string } } {
  const pid = pidOf(context, row.hostConfig.PidMode);
  const ipc = ipcOf(context, row.hostConfig.IpcMode);
  const joined = {
    ...(place.kind === 'joined' && { network: place.namespace }),
    ...(pid !== undefined && { pid: `/proc/${pid}/ns/pid` }),
    ...(ipc !== undefined && { ipc: `/proc/${ipc}/ns/ipc` }),
  };
  const donor = pid ?? ipc ?? (place.kind === 'joined' ? place.row.pid : undefined);
  if (row.ids && donor !== undefined) {
    checkOwners(context, row);
    Object.assign(joined, { user: `/proc/${donor}/ns/user` });
  }
  return { joined, ...(ipc !== undefined && { shm: { namespace: `/proc/${ipc}/ns/mnt` } }) };
}

/** What belongs to another user namespace cannot be used from this one. */
function checkOwners(context: Context, { ids, hostConfig }: ContainerRow): void {
  for (const mode of [hostConfig.NetworkMode, hostConfig.PidMode, hostConfig.IpcMode]) {
    if (!isContainerMode(mode)) continue;
    const donor = resolve(context.store, mode.slice('container:'.length));
    if (JSON.stringify(donor.ids) === JSON.stringify(ids)) continue;
    throw new EngineError(
      'conflict',
      `cannot share namespaces with container ${donor.id}, whose user namespace is another`,
    );
  }
}

interface Joining {
  what: 'PID' | 'IPC';
  /** Of the refusal where the other does not run. */
  kind: 'internal' | 'conflict';
}

function pidOf(context: Context, mode: string | undefined): number | undefined {
  return isContainerMode(mode) ? donorOf(context, mode, { what: 'PID', kind: 'internal' }).pid : undefined;
}

function ipcOf(context: Context, mode: string | undefined): number | undefined {
  if (!isContainerMode(mode)) return undefined;
  const { row, pid } = donorOf(context, mode, { what: 'IPC', kind: 'conflict' });
  const offered = row.hostConfig.IpcMode ?? '';
  if (offered === 'shareable' || isContainerMode(offered)) return pid;
  const hint = '(hint: use IpcMode:shareable for the donor container)';
  throw refusal('IPC', 'invalid', `container ${row.id}: non-shareable IPC ${hint}`);
}

function donorOf(context: Context, mode: string, { what, kind }: Joining): { row: ContainerRow; pid: number } {
  const reference = mode.slice('container:'.length);
  if (reference === '') throw refusal(what, 'invalid', 'invalid name or ID supplied: ""');
  const row = find(context, reference, what);
  const run = context.runs.get(row.id);
  if (!run?.process.pid) throw refusal(what, kind, `container ${row.id} is not running`);
  return { row, pid: run.process.pid };
}

function find(context: Context, reference: string, what: string): ContainerRow {
  try {
    return resolve(context.store, reference);
  } catch (error) {
    throw refusal(what, error instanceof EngineError ? error.kind : 'internal', messageOf(error), error);
  }
}

const refusal = (what: string, kind: EngineError['kind'], why: string, cause?: unknown): EngineError =>
  new EngineError(kind, `failed to join ${what} namespace: ${why}`, cause);
