import type { HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Store, Tx } from '../../store/index.ts';
import { getRow, rowsOf } from '../row.ts';
import type { HostFacts } from '../spec/facts.ts';
import { isContainerMode } from '../spec/index.ts';
import { parseSecurityOptions } from '../spec/process/security.ts';
import { initLabels, type Labels, levelOf, optionsOf } from './label.ts';

/** The labels of a container that is being committed, with a level that no other has; undefined where the engine gives none. */
export function labelsFor(hostConfig: HostConfig, facts: HostFacts, tx?: Tx): Labels | undefined {
  if (!facts.selinux) return undefined;
  const taken = tx ? takenLevels(tx) : new Set<string>();
  return initLabels(parseSecurityOptions(hostConfig, facts).labels, facts.selinux, taken);
}

/** The levels of all containers there are, for as long as anything of them is. */
export function takenLevels(tx: Tx): Set<string> {
  const rows = rowsOf(tx).all();
  return new Set(rows.map(({ document }) => levelOf(document.labels?.process ?? '')).filter((level) => level !== ''));
}

/** Containers that share memory or processes share a label: their options say so, unless they say another. Modes name containers by their ids. */
export function shareLabels(store: Store, hostConfig: HostConfig): void {
  if (hostConfig.SecurityOpt?.some((option) => option.startsWith('label='))) return;
  const donors = [hostConfig.IpcMode, hostConfig.PidMode].filter(isContainerMode);
  const found = donors.map((mode) => optionsOf(getRow(store, mode.slice('container:'.length)).labels?.process ?? ''));
  const [one = [], other = one] = found;
  if (one.length === 0 || other.length === 0) return;
  if (one.join() !== other.join()) {
    throw new EngineError('invalid', "--ipc and --pid containers SELinux labels aren't the same");
  }
  hostConfig.SecurityOpt = [...(hostConfig.SecurityOpt ?? []), ...one.map((option) => `label=${option}`)];
}
