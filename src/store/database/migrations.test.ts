import { Database } from 'bun:sqlite';
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from './database.ts';
import { migrations } from './migrations.ts';

const dir = mkdtempSync(join(tmpdir(), 'tug-migrations-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The database as each version left it, in SQL; the n-th entry is what the n-th migration finds. */
const fixtures = ['PRAGMA user_version = 0'];

test('every migration has its fixture, and every fixture reaches the newest version', () => {
  expect(fixtures).toHaveLength(migrations.length);
  for (const [version, sql] of fixtures.entries()) {
    const path = join(dir, `${version}.db`);
    const old = new Database(path);
    for (const statement of sql.split(';')) old.run(statement);
    old.close();
    const db = openDatabase(path);
    expect(db.query('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
    expect(db.query('SELECT owner, target, note FROM refs').all()).toEqual([]);
    db.close();
  }
});

test('a migration that fails leaves the version before it', () => {
  const path = join(dir, 'failing.db');
  expect(() => openDatabase(path, [...migrations, failing])).toThrow('broken migration');
  const db = openDatabase(path);
  expect(db.query('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
  expect(db.query("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual([]);
  db.close();
});

test('a copy from before the change is kept, and the version before is told of it', () => {
  const path = join(dir, 'moved.db');
  const before = openDatabase(path);
  before.run("INSERT INTO refs VALUES ('a', 'b', '')");
  before.close();
  const next = openDatabase(path, [...migrations, (db) => db.run('DROP TABLE refs')]);
  next.close();
  const copy = `${path}.schema${migrations.length}`;
  expect(() => openDatabase(path)).toThrow(`start that version again; ${copy} is what this one left before the change`);
  renameSync(copy, path);
  const back = openDatabase(path);
  expect(back.query('SELECT owner FROM refs').all()).toEqual([{ owner: 'a' }]);
  back.close();
});

test('without such a copy the words lead to a backup', () => {
  const path = join(dir, 'foreign.db');
  openDatabase(path, [...migrations, () => undefined]).close();
  rmSync(`${path}.schema${migrations.length}`, { force: true });
  expect(() => openDatabase(path)).toThrow('restore a backup that this one made (tug system restore)');
});

function failing(db: Database): void {
  db.run('CREATE TABLE half (x)');
  throw new Error('broken migration');
}
