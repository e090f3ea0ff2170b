import type { Database } from 'bun:sqlite';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, EngineError } from '../kit/index.ts';
import type { Blobs, Collection, Tx } from './contract.ts';

/** Every blob under `dir` against its name. A damaged one is removed: whoever needs it then hears that it is gone. */
export async function* checkBlobs(dir: string, blobs: Blobs): AsyncGenerator<Damage> {
  const files = join(dir, 'sha256');
  for (const name of readdirSync(files)) {
    if (!/^[0-9a-f]{64}$/.test(name)) {
      yield { subject: `file ${name}`, problem: 'lies among the blobs and is none', repair: () => remove(files, name) };
      continue;
    }
    const digest = `sha256:${name}`;
    if ((await hashOf(join(files, name))) === name || !blobs.has(digest)) continue;
    yield {
      subject: `blob ${digest}`,
      problem: 'its bytes are not those of its digest',
      repair() {
        blobs.delete(digest);
        return 'removed';
      },
    };
  }
}

function remove(directory: string, name: string): string {
  rmSync(join(directory, name), { recursive: true, force: true });
  return 'removed';
}

/** Undefined for a file that is gone by now. */
async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(bytes as Uint8Array);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT') return undefined;
    // What cannot be read is as good as damaged.
    if (code !== 'EIO' && code !== 'EISDIR') throw error;
  }
  return hash.digest('hex');
}

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
