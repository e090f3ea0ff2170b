import type { Database } from 'bun:sqlite';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashpoint, EngineError, explainSystemError, type Log, messageOf, silent } from '../kit/index.ts';
import { openBlobs } from './blobs.ts';
import type { Blobs, Collection, Store, Tx } from './contract.ts';
import { openDatabase } from './database.ts';
import { createRefs } from './refs.ts';
import { createReserve, noReserve, type Reserve } from './reserve.ts';
import { createRows, prepareTable } from './rows.ts';

/** Opens the store under `dir` (made if missing): `tug.db` and `blobs/`. Only one store may have a directory open at a time. */
export function createStore(options: { dir: string; log: Log }): Store {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const db = openDatabase(join(options.dir, 'tug.db'));
  try {
    const reserve = createReserve(join(options.dir, 'reserve'));
    const blobs = openBlobs(join(options.dir, 'blobs'), options.log);
    return storeOf({ db, blobs, reserve, onClose: () => undefined });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The same store for tests: its database in memory, its blobs in a temporary directory that goes with `close`. */
export function createMemoryStore(): Store {
  const dir = mkdtempSync(join(tmpdir(), 'tug-store-'));
  const onClose = () => rmSync(dir, { recursive: true, force: true });
  return storeOf({ db: openDatabase(':memory:'), blobs: openBlobs(dir, silent), reserve: noReserve, onClose });
}

interface Parts {
  db: Database;
  blobs: Blobs;
  reserve: Reserve;
  onClose: () => void;
}

function storeOf({ db, blobs, reserve, onClose }: Parts): Store {
  let commits = 0;
  let busy = false;
  const prepared = new Set<string>();
  const refs = createRefs(db);

  function transact<T>(begin: string, work: (tx: Tx) => T): T {
    if (busy) throw new EngineError('internal', 'a transaction within a transaction');
    const before = new Set(prepared);
    const collection = <D>(declared: Collection<D>) => {
      if (!busy) throw new EngineError('internal', 'a transaction used after its end');
      if (!prepared.has(declared.name)) prepareTable(db, declared);
      prepared.add(declared.name);
      return createRows(db, declared);
    };
    busy = true;
    try {
      db.run(begin);
      const result = work({ collection, refs });
      if (result instanceof Promise) throw new EngineError('internal', 'a transaction may not wait');
      crashpoint('store.commit');
      db.run('COMMIT');
      return result;
    } catch (error) {
      if (db.inTransaction) db.run('ROLLBACK');
      // Tables made in this transaction went with it.
      prepared.clear();
      for (const name of before) prepared.add(name);
      throw converted(error);
    } finally {
      busy = false;
    }
  }

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

  return {
    blobs,
    view: (read) => transact('BEGIN', read),
    update: commit,
    admit(change) {
      try {
        reserve.hold();
      } catch (error) {
        throw explainSystemError(error);
      }
      return commit(change);
    },
    get commits() {
      return commits;
    },
    close() {
      db.close();
      onClose();
    },
  };
}

function isFull(error: unknown): boolean {
  return error instanceof EngineError && (error.cause as { code?: string } | undefined)?.code === 'SQLITE_FULL';
}

function converted(error: unknown): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (error instanceof EngineError || !code.startsWith('SQLITE_')) return error;
  const message = code === 'SQLITE_FULL' ? 'no space left on device' : messageOf(error);
  return new EngineError('internal', `the engine's database: ${message}`, error);
}
