import type { Database } from 'bun:sqlite';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashpoint, type Damage, explainSystemError, type Log, silent } from '../kit/index.ts';
import { openBlobs } from './blobs/blobs.ts';
import type { Collection, Store, Tx } from './contract.ts';
import { checkDatabase } from './database/check-database.ts';
import { copyDatabase, openDatabase } from './database/database.ts';
import { createFlush, type Flush, noFlush } from './database/flush.ts';
import { createTransact, isFull } from './database/transact.ts';
import { heldWhereItIs, type Lost, watchPlace } from './place.ts';
import { createReserve, noReserve, type Reserve } from './reserve.ts';

/** Opens the store under `dir` (made if missing): `tug.db` and `blobs/`. Only one store may have a directory open at a time. */
export function createStore(options: { dir: string; log: Log }): Store {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const db = openDatabase(join(options.dir, 'tug.db'));
  try {
    const lost = watchPlace(options.dir);
    const reserve = heldWhereItIs(createReserve(join(options.dir, 'reserve')), lost);
    const blobs = openBlobs(join(options.dir, 'blobs'), options.log);
    const flush = createFlush(join(options.dir, 'tug.db-wal'));
    return storeOf({ db, blobs, reserve, flush, lost, onClose: () => undefined });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The same store for tests: its database in memory, its blobs in a temporary directory that goes with `close`. */
export function createMemoryStore(): Store {
  const dir = mkdtempSync(join(tmpdir(), 'tug-store-'));
  const onClose = () => rmSync(dir, { recursive: true, force: true });
  return storeOf({
    db: openDatabase(':memory:'),
    blobs: openBlobs(dir, silent),
    reserve: noReserve,
    flush: noFlush,
    onClose,
  });
}

interface Parts {
  db: Database;
  blobs: ReturnType<typeof openBlobs>;
  reserve: Reserve;
  flush: Flush;
  onClose: () => void;
  lost?: Lost;
}

function storeOf({ db, blobs, reserve, flush, onClose, lost = () => undefined }: Parts): Store {
  let commits = 0;
  const declared = new Map<string, Collection<unknown>>();
  const transact = createTransact(db, (collection) => declared.set(collection.name, collection));

  function commit<T>(change: (tx: Tx) => T): T {
    const result = orWithReserve(() => transact('BEGIN IMMEDIATE', change));
    commits++;
    crashpoint('store.committed');
    return result;
  }

  function orWithReserve<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (!isFull(error)) throw error;
      reserve.yield();
      // The log starts over at its beginning, in room it already has.
      db.run('PRAGMA wal_checkpoint(RESTART)');
      return write();
    }
  }

  function note<T>(change: (tx: Tx) => T): T {
    db.run('PRAGMA synchronous = NORMAL');
    try {
      return commit(change);
    } finally {
      db.run('PRAGMA synchronous = FULL');
    }
  }

  async function* check(): AsyncGenerator<Damage> {
    yield* checkDatabase(db, declared.values(), (change) => void commit(change));
    yield* reserve.check();
    yield* blobs.check();
  }

  return {
    blobs,
    view: (read) => transact('BEGIN', read),
    update: commit,
    note,
    admit(change, { wait } = { wait: true }) {
      try {
        reserve.hold();
      } catch (error) {
        throw explainSystemError(error);
      }
      return wait ? commit(change) : note(change);
    },
    flush: () => flush.flush(),
    check: () => check(),
    lost,
    copyTo: (path) => copyDatabase(db, path),
    get commits() {
      return commits;
    },
    close() {
      flush.close();
      db.close();
      onClose();
    },
  };
}
