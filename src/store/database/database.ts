import { Database } from 'bun:sqlite';
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import { migrations as released } from './migrations.ts';

type Migration = (db: Database) => void;

/**
 * Opens the database at `path` (`:memory:` works too), brings its schema up to date and holds it against other processes
 * until it is closed. One that is damaged, of a newer schema or in use is refused, and not a byte of it is changed.
 */
export function openDatabase(path: string, migrations: Migration[] = released): Database {
  const onDisk = path !== ':memory:';
  try {
    if (onDisk && existsSync(path)) check(path, migrations.length);
    if (onDisk) keepPrivate(path);
    return upToDate(new Database(path, { create: true, strict: true }), onDisk ? path : undefined, migrations);
  } catch (error) {
    throw explain(path, error);
  }
}

function upToDate(db: Database, path: string | undefined, migrations: Migration[]): Database {
  try {
    // One engine per data directory: the lock lasts as long as the connection.
    if (path !== undefined) db.run('PRAGMA locking_mode = EXCLUSIVE');
    db.run('PRAGMA journal_mode = WAL');
    db.run('PRAGMA synchronous = FULL');
    migrate(db, path, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** There are secrets in it; the files beside it get the mode that it has. */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/** Reads through a connection that cannot write: on its close even a pending log is left as it lies. */
function check(path: string, known: number): void {
  const db = new Database(path, { readonly: true });
  try {
    const version = versionOf(db);
    if (version > known) {
      throw tooNew(path, version, known);
    }
    const result = db.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get();
    if (result?.quick_check !== 'ok') throw damaged(path, result?.quick_check ?? 'no answer');
  } finally {
    db.close();
  }
}

/** A version that knows less must not guess; what to do instead is said. */
function tooNew(path: string, version: number, known: number): EngineError {
  const copy = copyOf(path, known);
  const way = existsSync(copy)
    ? `${copy} is what this one left before the change: put it in its place to go back, and what came after is lost`
    : 'to go back, restore a backup that this one made (tug system restore)';
  const words = `was written by a newer version of tug (schema ${version}; this one knows ${known})`;
  return new EngineError('internal', `the database ${path} ${words}: start that version again; ${way}`);
}

const copyOf = (path: string, version: number): string => `${path}.schema${version}`;

/** The way back: the database as the version before left it. Whole, or not there. */
function keepCopy(db: Database, path: string, version: number): void {
  const copy = copyOf(path, version);
  const unfinished = `${copy}.new`;
  rmSync(unfinished, { force: true });
  copyDatabase(db, unfinished);
  crashpoint('store.copied');
  renameSync(unfinished, copy);
  crashpoint('store.copyKept');
}

/** A whole database of its own, durable when it returns; refused where there is a file. */
export function copyDatabase(db: Database, path: string): void {
  db.query('VACUUM INTO ?').run(path);
  chmodSync(path, 0o600);
  syncFile(path);
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function migrate(db: Database, path: string | undefined, migrations: Migration[]): void {
  const from = versionOf(db);
  if (path !== undefined && from > 0 && from < migrations.length) keepCopy(db, path, from);
  for (let version = versionOf(db); version < migrations.length; version++) {
    db.transaction(() => {
      migrations[version]?.(db);
      db.run(`PRAGMA user_version = ${version + 1}`);
    })();
    crashpoint('store.migrated');
  }
}

function versionOf(db: Database): number {
  return db.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;
}

function damaged(path: string, detail: string): EngineError {
  return new EngineError(
    'internal',
    `the database ${path} is damaged (${detail.replaceAll('\n', ' ')}); it was left as it is`,
  );
}

function explain(path: string, error: unknown): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (code.startsWith('SQLITE_BUSY')) return new EngineError('internal', `${path} is in use by another engine`, error);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return damaged(path, messageOf(error));
  if (error instanceof EngineError) return error;
  return new EngineError('internal', `cannot open the database ${path}: ${messageOf(error)}`, error);
}
