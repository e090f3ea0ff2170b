import { chownSync, writeFileSync } from 'node:fs';
import { hostId } from '../../../snapshot/index.ts';
import type { ContainerRow } from '../../row.ts';
import { etcFiles } from './etc-files.ts';
import type { NetworkPlace } from './network-mode.ts';

/** Writes them anew for a start, into the container's directory; one that joins another's network uses the other's. */
export function writeEtcFiles(context: { dataRoot: string }, row: ContainerRow, place: NetworkPlace): void {
  if (place.kind === 'joined') return;
  const files = etcFiles(context, row);
  writeFileSync(files.hosts, place.attachment.hosts);
  writeFileSync(files.hostname, `${row.config.Hostname}\n`);
  writeFileSync(files.resolvConf, place.attachment.resolvConf);
  const { ids } = row;
  if (!ids) return;
  for (const path of Object.values(files)) chownSync(path, hostId(ids.uids, 0) ?? 0, hostId(ids.gids, 0) ?? 0);
}
