import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { crashpoint, EngineError, type Log, messageOf } from '../../kit/index.ts';
import { plainTarHead, tarPadding } from '../../oci/index.ts';
import type { Backends, Backup } from '../contract.ts';
import { archiveOf } from './archive.ts';
import { itemsOf } from './items.ts';

interface Options {
  /** The database of one moment as a file of its own. */
  store: { copyTo(path: string): void };
  dataRoot: string;
  storageDriver: string;
  version: string;
  containers: Backends['containers'];
  log: Log;
}

const copyName = 'tug.db.backup';
/** How often what was made meanwhile is fetched before the backup gives up. */
const mostRounds = 50;

/**
 * Files come first and the database last, copied at a moment when every file it can know of is in the archive: what is made while the
 * backup runs is fetched until nothing is missing. What a container changes in its own files meanwhile is there as it was read, unless
 * they all stand still (`pause`). An archive without its last entry is none.
 */
export function createBackup(options: Options): Backup {
  const { dataRoot, storageDriver } = options;
  rmSync(join(dataRoot, copyName), { force: true });
  let isBusy = false;
  return async function* backup({ pause }) {
    if (!['overlay2', 'vfs'].includes(storageDriver)) {
      const words = `a data root of the storage driver ${storageDriver} cannot be put into an archive`;
      throw new EngineError('unsupported', `${words}: take a snapshot of its file system with the engine stopped`);
    }
    if (Bun.which('tar') === null) throw new EngineError('unavailable', 'backup needs the program tar');
    if (isBusy) throw new EngineError('conflict', 'a backup is already under way');
    isBusy = true;
    try {
      yield* headOf(options);
      const standing = pause ? await pauseAll(options) : [];
      try {
        yield* filesAndDatabase(options);
      } finally {
        for (const id of standing) await unpause(options, id);
      }
    } finally {
      isBusy = false;
    }
  };
}

/** What a restore looks at before it believes the rest. */
function* headOf({ version, storageDriver }: Options): Generator<Uint8Array> {
  const text = Buffer.from(`${JSON.stringify({ format: 1, version, storageDriver })}\n`);
  const seconds = Math.floor(Date.now() / 1000);
  yield plainTarHead({ name: 'backup.json', size: text.length, mode: 0o600, seconds });
  yield Buffer.concat([text, Buffer.alloc(tarPadding(text.length))]);
}

async function* filesAndDatabase({ store, dataRoot, storageDriver }: Options): AsyncGenerator<Uint8Array> {
  const copied = new Set<string>();
  const copy = join(dataRoot, copyName);
  try {
    for (let round = 0; round < mostRounds; round++) {
      // Nothing comes between the copy of the database and the look at the files.
      rmSync(copy, { force: true });
      if (round > 0) store.copyTo(copy);
      const { shelves, items } = itemsOf(dataRoot, storageDriver);
      const missing = items.filter((path) => !copied.has(path));
      if (round > 0 && missing.length === 0) {
        crashpoint('backup.files');
        yield* archiveOf(dataRoot, [copyName], { rename: `s,${copyName},tug.db,` });
        return;
      }
      if (round === 0) yield* archiveOf(dataRoot, shelves, { alone: true });
      if (missing.length > 0) yield* archiveOf(dataRoot, missing);
      for (const path of missing) copied.add(path);
    }
  } finally {
    rmSync(copy, { force: true });
  }
  throw new EngineError('unavailable', 'backup: more is made than can be read: try again at a calmer time');
}

/** Those it made stand still. */
async function pauseAll({ containers }: Options): Promise<string[]> {
  const running = await containers.list({ all: false, size: false, filters: { status: ['running'] } });
  const paused: string[] = [];
  for (const { Id = '' } of running) {
    await containers.pause(Id);
    paused.push(Id);
  }
  return paused;
}

async function unpause({ containers, log }: Options, id: string): Promise<void> {
  try {
    await containers.unpause(id);
  } catch (error) {
    // A user did, or it was ended.
    log.warn('a container could not be unpaused after a backup', { id, error: messageOf(error) });
  }
}
