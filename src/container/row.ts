import type { ContainerConfig, EndpointSettings, HostConfig, PortBinding } from '../api/index.ts';
import { EngineError } from '../kit/index.ts';
import type { KeptAddress } from '../network/index.ts';
import type { IdMapping } from '../snapshot/index.ts';
import type { Collection, Rows, Store, Tx } from '../store/index.ts';
import type { Remake } from './change/contract.ts';
import type { Link } from './links/contract.ts';
import type { Labels } from './selinux/label.ts';
import type { MountPoint } from './spec/index.ts';

/**
 * `starting` has a token but may not have come to run: only the runtime knows. A `removing` container without a name has
 * gone as far as anybody outside is concerned; what is left of it is being cleared away.
 */
export type State = 'created' | 'starting' | 'running' | 'restarting' | 'exited' | 'removing';

/** All that is known of a container; the one document of it in the store. Times are RFC 3339 with nanoseconds. */
export interface ContainerRow {
  id: string;
  /** Without a slash; null once the name is free again. */
  name: string | null;
  created: string;
  state: State;
  imageId: string;
  /** The image's layers, lowest first. */
  layers: string[];
  path: string;
  args: string[];
  config: ContainerConfig;
  hostConfig: HostConfig;
  mounts: MountPoint[];
  /** Of the present or the last start. */
  token: string;
  pid: number;
  startedAt: string;
  finishedAt: string;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  restartCount: number;
  /** Of the start that goes on or was the last: it is one between two lives. */
  again?: boolean;
  /** A user stopped it: no restart policy but `always` at the engine's start brings it back. */
  manuallyStopped: boolean;
  /** Its processes stand still; only while `running`. */
  paused: boolean;
  /** They do, or are about to, for work of this engine's life only. */
  briefly?: true | undefined;
  networks: Record<string, EndpointSettings>;
  /** MAC addresses that were asked for, by the network's name. */
  macs?: Record<string, string>;
  ports: Record<string, PortBinding[] | null>;
  /** Other containers it knows by names of its own, in the order they were asked for. */
  links?: Link[];
  /** The container whose network namespace it shares. */
  networkOf?: string;
  /** Its process was started before this was asked for, which holds from the next start on. */
  next?: Remake | undefined;
  /** The addresses it had before it was remade, by network: its own again if they are free. */
  kept?: Record<string, KeptAddress> | undefined;
  /** There are snapshots of its files. */
  hasSnapshots?: true | undefined;
  /** It has checkpoints, which are listed apart. */
  hasCheckpoints?: true | undefined;
  /** The runtime that brought back its processes from a checkpoint, for this life. */
  restoredBy?: string | undefined;
  /** It has secrets, which are kept apart. */
  hasSecrets?: true;
  /** Its ids on the host, where they are not the host's own. */
  ids?: IdMapping;
  /** What its processes and files are labelled, where it was made with SELinux. */
  labels?: Labels;
}

export const never = '0001-01-01T00:00:00Z';

export const containerRows: Collection<ContainerRow> = {
  name: 'containers',
  indexes: {
    name: { of: (row) => row.name, unique: true },
    state: { of: (row) => row.state, unique: false },
  },
  cached: true,
};

export function rowsOf(tx: Tx): Rows<ContainerRow> {
  return tx.collection(containerRows);
}

export function findRow(store: Store, id: string): ContainerRow | undefined {
  return store.view((tx) => rowsOf(tx).get(id));
}

/** The row of an id that was resolved before; a container that has gone since is Docker's `notFound`. */
export function getRow(store: Store, id: string): ContainerRow {
  const row = findRow(store, id);
  if (!row || row.name === null) throw new EngineError('notFound', `No such container: ${id}`);
  return row;
}

/** Changes one row in one transaction, together with whatever else `also` does in it; returns the row as it is then. */
export function changeRow(
  store: Store,
  id: string,
  change: Partial<ContainerRow>,
  also: (tx: Tx) => void = () => undefined,
): ContainerRow {
  return store.update((tx) => {
    const changed = changeIn(tx, id, change);
    also(tx);
    return changed;
  });
}

/** The same within a transaction that is under way. */
export function changeIn(tx: Tx, id: string, change: Partial<ContainerRow>): ContainerRow {
  const rows = rowsOf(tx);
  const row = rows.get(id);
  if (!row) throw new EngineError('notFound', `No such container: ${id}`);
  const changed = { ...row, ...change };
  rows.put(id, changed);
  return changed;
}

/** It has a process, or will have one again by itself. */
export function isRunning(row: ContainerRow): boolean {
  return row.state === 'running' || isRestarting(row);
}

/** Between two lives, until the next one has begun. */
export function isRestarting({ state, again }: ContainerRow): boolean {
  return state === 'restarting' || (state === 'starting' && again === true);
}
