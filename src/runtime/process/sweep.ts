import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Log, within } from '../../kit/index.ts';
import { openConnection } from './connection.ts';
import { findDirectory } from './directory.ts';

export interface Sweep {
  execRoot: string;
  known: (id: string) => boolean;
  /** What clears up after the start in `path`, as its directory says now. */
  burialOf: (path: string) => () => Promise<void>;
  log: Log;
}

const SIGKILL = 9;
/** How long a monitor may take to end its process, and to let go, in milliseconds. */
const patience = 5000;

/** Ends and removes every start in the exec root that nobody knows; see Runtime.sweep. */
export async function sweep(input: Sweep): Promise<string[]> {
  const swept: string[] = [];
  for (const kind of ['exec', 'containers']) {
    for (const id of entries(join(input.execRoot, kind))) {
      if (input.known(id)) continue;
      input.log.warn('removing what is left of an unknown process', { id });
      const path = join(input.execRoot, kind, id);
      const bury = input.burialOf(path);
      await end(path);
      await bury();
      findDirectory(path)?.remove();
      swept.push(id);
    }
  }
  return swept;
}

// Through its shim, if that lives: the shim goes away with the connection once it has told the end.
async function end(path: string): Promise<void> {
  const directory = findDirectory(path);
  if (!directory) return;
  const connection = await openConnection(directory.socket).catch(() => undefined);
  if (connection) {
    const exited = Promise.withResolvers<void>();
    connection.listen((message) => {
      if (message.type === 'exited') exited.resolve();
    });
    // The requests are answered in their order, or not at all by one that is on its way out.
    void connection.request({ type: 'abort' });
    void connection.request({ type: 'signal', signal: SIGKILL });
    const ended = await within(patience, Promise.race([exited.promise, connection.closed]));
    if (ended !== 'late') await within(patience, connection.request({ type: 'release' }));
    connection.close();
  }
  directory.close();
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
