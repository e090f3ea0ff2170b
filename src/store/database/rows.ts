import type { Database } from 'bun:sqlite';
import { EngineError } from '../../kit/index.ts';
import type { Collection, Rows } from '../contract.ts';
import { type Memory, remembered } from './memory.ts';

interface Row {
  id: string;
  document: string;
}

/** The documents of a collection, in its table; call `prepareTable` before, once a connection. */
export function createRows<T>(db: Database, collection: Collection<T>, memory?: Memory<T>): Rows<T> {
  if (memory) return remembered(createRows(db, collection), memory);
  const table = tableOf(collection);
  const indexes = Object.entries(collection.indexes);
  const columns = ['id', 'document', ...indexes.map(([name]) => columnOf(name))];
  const insert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (id) DO UPDATE SET ${columns.slice(1).map((column) => `${column} = excluded.${column}`)}`;
  const indexed = (index: string) => {
    if (!collection.indexes[index]) throw new EngineError('internal', `${collection.name} has no index ${index}`);
    return columnOf(index);
  };
  const parsed = (rows: Row[]) => rows.map((row) => ({ id: row.id, document: JSON.parse(row.document) as T }));
  return {
    get(id) {
      const row = db.query<Row, [string]>(`SELECT id, document FROM ${table} WHERE id = ?`).get(id);
      return row ? (JSON.parse(row.document) as T) : undefined;
    },
    idsByPrefix(prefix, limit) {
      // The last character there is bounds the search: it would run on to the end of the table.
      const query = `SELECT id FROM ${table} WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3`;
      return db
        .query<{ id: string }, [string, string, number]>(query)
        .all(prefix, `${prefix}\u{10ffff}`, limit)
        .map((row) => row.id);
    },
    by(index, value) {
      const query = `SELECT id, document FROM ${table} WHERE ${indexed(index)} = ? ORDER BY rowid`;
      return parsed(db.query<Row, [string]>(query).all(value));
    },
    idsBy(index, value) {
      const query = `SELECT id FROM ${table} WHERE ${indexed(index)} = ? ORDER BY rowid`;
      return db
        .query<{ id: string }, [string]>(query)
        .all(value)
        .map((row) => row.id);
    },
    all: () => parsed(db.query<Row, []>(`SELECT id, document FROM ${table} ORDER BY rowid`).all()),
    put(id, document) {
      const values = indexes.map(([, index]) => index.of(document));
      try {
        db.query(insert).run(id, JSON.stringify(document), ...values);
      } catch (error) {
        throw conflictOr(error, collection.name, id);
      }
    },
    delete(id) {
      db.query(`DELETE FROM ${table} WHERE id = ?`).run(id);
    },
  };
}

/**
 * Makes the collection's table as declared. An index is derived from the documents: where the table has other columns than
 * the declaration, they are dropped or added and computed anew. Runs in the caller's transaction.
 */
export function prepareTable<T>(db: Database, collection: Collection<T>): void {
  const table = tableOf(collection);
  db.run(`CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY NOT NULL, document TEXT NOT NULL)`);
  const wanted = new Map(Object.entries(collection.indexes).map(([name, { unique }]) => [name, unique]));
  const present = new Map(indexesOf(db, collection.name));
  const stale = [...present].filter(([name, unique]) => wanted.get(name) !== unique).map(([name]) => name);
  for (const name of stale) {
    db.run(`DROP INDEX ${indexOf(collection.name, name)}`);
    db.run(`ALTER TABLE ${table} DROP COLUMN ${columnOf(name)}`);
    present.delete(name);
  }
  const missing = [...wanted.keys()].filter((name) => !present.has(name));
  for (const name of missing) {
    db.run(`ALTER TABLE ${table} ADD COLUMN ${columnOf(name)} TEXT`);
    const unique = wanted.get(name) ? 'UNIQUE ' : '';
    db.run(`CREATE ${unique}INDEX ${indexOf(collection.name, name)} ON ${table} (${columnOf(name)})`);
  }
  if (missing.length === 0) return;
  const rows = createRows(db, collection);
  for (const { id, document } of rows.all()) rows.put(id, document);
}

function indexesOf(db: Database, name: string): [name: string, unique: boolean][] {
  const prefix = `${name}.`;
  return db
    .query<{ name: string; unique: number }, [string]>('SELECT name, "unique" FROM pragma_index_list(?)')
    .all(name)
    .filter((index) => index.name.startsWith(prefix))
    .map((index) => [index.name.slice(prefix.length), index.unique === 1]);
}

function tableOf(collection: { name: string }): string {
  return quoted(collection.name);
}

function columnOf(index: string): string {
  return quoted(`by_${index}`);
}

function indexOf(table: string, index: string): string {
  return quoted(`${table}.${index}`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function conflictOr(error: unknown, name: string, id: string): unknown {
  if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_UNIQUE') return error;
  return new EngineError('conflict', `another document of ${name} has what only one may have (${id})`, error);
}
