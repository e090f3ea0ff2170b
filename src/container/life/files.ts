import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerRow } from '../row.ts';
import { containerDirectory } from './clear.ts';
import type { NetworkPlace } from './network-mode.ts';

/** Where the files that the engine puts into a container's /etc are on the host. */
export interface EtcFiles {
  hosts: string;
  hostname: string;
  resolvConf: string;
}

export function etcFiles(context: { dataRoot: string }, row: ContainerRow): EtcFiles {
  const directory = containerDirectory(context, row.networkOf ?? row.id);
  return {
    hosts: join(directory, 'hosts'),
    hostname: join(directory, 'hostname'),
    resolvConf: join(directory, 'resolv.conf'),
  };
}

/** Writes them anew for a start; one that joins another's network uses the other's. */
export function writeEtcFiles(context: { dataRoot: string }, row: ContainerRow, place: NetworkPlace): void {
  mkdirSync(containerDirectory(context, row.id), { recursive: true, mode: 0o710 });
  if (place.kind === 'joined') return;
  const files = etcFiles(context, row);
  writeFileSync(files.hosts, place.attachment.hosts);
  writeFileSync(files.hostname, `${row.config.Hostname}\n`);
  writeFileSync(files.resolvConf, place.attachment.resolvConf);
}
