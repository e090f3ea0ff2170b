import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../kit/index.ts';
import { livingIn } from '../runtime/index.ts';

/**
 * An engine ends what it does not know. Where its data root is empty and containers run all the same, it is the data root that is
 * missing (a disk that was not mounted): then it does not start.
 */
export async function refuseOrphans({ dataRoot, execRoot }: { dataRoot: string; execRoot: string }): Promise<void> {
  if (existsSync(join(dataRoot, 'tug.db'))) return;
  const living = await livingIn(execRoot);
  if (living.length === 0) return;
  const count = living.length === 1 ? 'a container runs' : `${living.length} containers run`;
  throw new EngineError(
    'conflict',
    `${count} (${execRoot}/containers) of a data root that is not here: mount it at ${dataRoot}, or name it with --data-root; ` +
      'to begin with an empty one, end their monitors (tug-shim) first',
  );
}
