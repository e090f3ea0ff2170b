import { join } from 'node:path';
import type { ContainerRow } from '../../row.ts';
import { containerDirectory } from '../end/clear.ts';

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
