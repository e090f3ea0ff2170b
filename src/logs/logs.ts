import { join } from 'node:path';
import type { Log } from '../kit/index.ts';
import type { Store } from '../store/index.ts';
import type { LogReader } from './contract.ts';
import { createDrivers } from './drivers/drivers.ts';
import { createKeeper, type Keeper } from './keep/keeper.ts';
import { createLogReader } from './read/reader.ts';
import { createShippers, type Shippers } from './ship/shippers.ts';

/** All that is done with logs beside writing them. */
export interface Logs {
  reader: LogReader;
  shippers: Shippers;
  keeper: Keeper;
  close(): Promise<void>;
}

/** The logs of removed containers that have not arrived yet stay in `<dataRoot>/unsent`. */
export function createLogs({
  store,
  dataRoot,
  log,
}: {
  store: Pick<Store, 'view' | 'note'>;
  dataRoot: string;
  log: Log;
}): Logs {
  const keeper = createKeeper({ log });
  const root = join(dataRoot, 'unsent');
  const shippers = createShippers({ store, drivers: createDrivers(), keeper, root, log });
  return {
    reader: createLogReader(),
    shippers,
    keeper,
    async close() {
      await shippers.close();
      await keeper.close();
    },
  };
}
