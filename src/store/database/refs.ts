import type { Database } from 'bun:sqlite';
import type { Refs } from '../contract.ts';

/** The references of all rooms, in one table. */
export function createRefs(db: Database): Refs {
  return {
    add(owner, target, note = '') {
      db.query(
        'INSERT INTO refs (owner, target, note) VALUES (?, ?, ?) ON CONFLICT (owner, target) DO UPDATE SET note = excluded.note',
      ).run(owner, target, note);
    },
    remove(owner, target) {
      db.query('DELETE FROM refs WHERE owner = ? AND target = ?').run(owner, target);
    },
    removeOwner(owner) {
      db.query('DELETE FROM refs WHERE owner = ?').run(owner);
    },
    ownersOf(target) {
      return db
        .query<{ owner: string; note: string }, [string]>(
          'SELECT owner, note FROM refs WHERE target = ? ORDER BY owner',
        )
        .all(target);
    },
    owners(kind) {
      return db
        .query<{ owner: string }, [string, string]>(
          'SELECT DISTINCT owner FROM refs WHERE owner >= ? AND owner < ? ORDER BY owner',
        )
        .all(`${kind}:`, `${kind};`)
        .map(({ owner }) => owner);
    },
    targetsOf(owner) {
      return db
        .query<{ target: string; note: string }, [string]>(
          'SELECT target, note FROM refs WHERE owner = ? ORDER BY target',
        )
        .all(owner);
    },
  };
}
