import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashpoint, EngineError } from '../../../kit/index.ts';
import { isShipped } from '../../../logs/index.ts';
import type { Tx } from '../../../store/index.ts';
import { forgetCheckpoints } from '../../checkpoints/records.ts';
import type { Context } from '../../context.ts';
import { type ContainerRow, rowsOf } from '../../row.ts';
import { forgetSecrets } from '../../secrets/secrets.ts';
import { forgetSnapshots } from '../../snapshots/records.ts';

/**
 * The commit that makes a container gone: its name and all it used are free, and only the row's remains tell the next
 * `clearAway` (of this engine or the next) what still lies about. `volumes` takes its anonymous volumes along. A loss of power may undo
 * it until the store's next `flush`, which one whose end was foretold (`--rm`) need not wait for.
 */
export function tombstone(
  context: Context,
  row: ContainerRow,
  options: { volumes: boolean; also?: (tx: Tx) => void },
): ContainerRow {
  const mounts = row.mounts.filter(
    ({ type, name }) => options.volumes && type === 'volume' && context.volumes.isAnonymous(name),
  );
  const stone: ContainerRow = { ...row, name: null, state: 'removing', mounts };
  context.store.note((tx) => {
    rowsOf(tx).put(row.id, stone);
    tx.refs.removeOwner(`container:${row.id}`);
    if (row.hasSecrets) forgetSecrets(tx, row.id);
    if (row.hasCheckpoints) forgetCheckpoints(tx, row.id);
    if (row.hasSnapshots) forgetSnapshots(tx, row.id);
    options.also?.(tx);
  });
  crashpoint('container.removing');
  context.execs.forgetContainer(row.id);
  context.health.forget(row.id);
  return stone;
}

/** Removes what is left of a container that is gone, its row last. What fails is tried again at the engine's next start. */
export async function clearAway(context: Context, stone: ContainerRow): Promise<void> {
  try {
    await context.networks.release(stone.id);
    if (isShipped(stone.hostConfig.LogConfig?.Type)) context.logs.shippers.leave(stone.id);
    await context.snapshots.remove(stone.id);
    crashpoint('container.snapshotRemoved');
    await rm(containerDirectory(context, stone.id), { recursive: true, force: true });
    crashpoint('container.directoryRemoved');
    for (const { name } of stone.mounts) await removeVolume(context, name);
  } catch (error) {
    throw new EngineError(
      'internal',
      `unable to remove filesystem for ${stone.id}: ${(error as Error).message}`,
      error,
    );
  }
  context.store.note((tx) => rowsOf(tx).delete(stone.id));
  crashpoint('container.removed');
}

/** An anonymous volume that somebody else uses by its name stays. */
async function removeVolume(context: Context, name: string): Promise<void> {
  try {
    await context.volumes.remove(name, { force: true });
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'conflict')) throw error;
  }
}

/** Where a container's log, hosts, hostname and resolv.conf are. */
export function containerDirectory(context: { dataRoot: string }, id: string): string {
  return join(context.dataRoot, 'containers', id);
}
