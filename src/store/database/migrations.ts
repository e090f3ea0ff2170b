import type { Database } from 'bun:sqlite';

/**
 * The schema, step by step: the n-th entry brings a database of version n to version n + 1. Entries are never changed
 * once released, only added. Tables of collections are not here: they follow from what each Collection declares (rows.ts).
 */
export const migrations: ((db: Database) => void)[] = [
  (db) => {
    db.run(
      'CREATE TABLE refs (owner TEXT NOT NULL, target TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (owner, target)) WITHOUT ROWID',
    );
    db.run('CREATE INDEX refs_by_target ON refs (target)');
  },
];
