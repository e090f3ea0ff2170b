import type { Database } from 'bun:sqlite';
import { type Damage, EngineError } from '../../kit/index.ts';
import type { Collection, Tx } from '../contract.ts';

/** The database: its pages, its documents, and the columns that are computed from them. */
export async function* checkDatabase(db: Database, declared: Iterable<Collection<unknown>>, rebuild: Rebuild) {
  const broken = integrity(db);
  if (broken !== undefined) {
    yield {
      subject: 'database',
      problem: broken,
      repair() {
        db.run('REINDEX');
        const left = integrity(db);
        if (left !== undefined) throw new EngineError('internal', left);
        return 'its indexes were built anew';
      },
    };
  }
  for (const collection of declared) yield* checkRows(db, collection, rebuild);
}

type Rebuild = (change: (tx: Tx) => void) => void;

function integrity(db: Database): string | undefined {
  const [first] = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check(1)').all();
  return first?.integrity_check === 'ok' ? undefined : (first?.integrity_check ?? 'no answer');
}

function* checkRows(db: Database, collection: Collection<unknown>, rebuild: Rebuild): Generator<Damage> {
  const table = `"${collection.name}"`;
  const rows = db.query<Record<string, string | null>, []>(`SELECT * FROM ${table}`).all();
  for (const row of rows) {
    const id = row.id ?? '';
    const subject = `row ${id} of ${collection.name}`;
    const document = parsed(row.document ?? '');
    if (document === undefined) {
      yield { subject, problem: 'cannot be read' };
      continue;
    }
    const stale = Object.entries(collection.indexes).find(([name, { of }]) => row[`by_${name}`] !== of(document));
    if (!stale) continue;
    yield {
      subject,
      problem: `is not found by its ${stale[0]}`,
      repair() {
        rebuild((tx) => tx.collection(collection).put(id, document));
        return 'entered in its indexes again';
      },
    };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
