import type { Tx } from '../../store/index.ts';
import { usedBy } from '../make/used-by.ts';
import type { ContainerRow } from '../row.ts';
import type { Remake } from './contract.ts';

/** What a container would be made as now: with a change that waits for the end of its process, if there is one. */
export function remadeAs(row: ContainerRow): ContainerRow {
  return row.next ? { ...row, ...takenOver(row, row.next) } : row;
}

/** The fields of a row that a change makes otherwise. */
export function takenOver(row: ContainerRow, { config, hostConfig, mounts }: Remake): Partial<ContainerRow> {
  const { Mounts: _mounts, Tmpfs: _tmpfs, ...others } = row.hostConfig;
  return { config: { ...row.config, ...config }, hostConfig: { ...others, ...hostConfig }, mounts, next: undefined };
}

/** Holds in the store what the container uses and will use, and lets go of what it does not any more. */
export function holdUsed(tx: Tx, row: ContainerRow): void {
  const owner = `container:${row.id}`;
  const used = usedBy(row);
  const held = tx.refs.targetsOf(owner).map(({ target }) => target);
  for (const target of used) if (!held.includes(target)) tx.refs.add(owner, target);
  for (const target of held) if (!used.includes(target)) tx.refs.remove(owner, target);
}
