import type { Database } from 'bun:sqlite';
import { crashpoint, EngineError, messageOf } from '../../kit/index.ts';
import type { Collection, Rows, Tx } from '../contract.ts';
import { createMemory, type Memory, settleMemory } from './memory.ts';
import { createRefs } from './refs.ts';
import { createRows, prepareTable } from './rows.ts';

/** Runs work between `begin` and COMMIT, or rolls it back; one at a time. */
export type Transact = <T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: (tx: Tx) => T) => T;

export function createTransact(
  db: Database,
  onDeclared: (collection: Collection<unknown>) => void = () => undefined,
): Transact {
  let busy = false;
  const prepared = new Set<string>();
  const refs = createRefs(db);
  const shelf = createShelf(db);

  return (begin, work) => {
    if (busy) throw new EngineError('internal', 'a transaction within a transaction');
    const before = new Set(prepared);
    const collection = <D>(declared: Collection<D>) => {
      if (!busy) throw new EngineError('internal', 'a transaction used after its end');
      if (!prepared.has(declared.name)) prepareTable(db, declared);
      if (!prepared.has(declared.name)) onDeclared(declared as Collection<unknown>);
      prepared.add(declared.name);
      return shelf.rows(declared);
    };
    busy = true;
    try {
      db.run(begin);
      const result = work({ collection, refs });
      if (result instanceof Promise) throw new EngineError('internal', 'a transaction may not wait');
      crashpoint('store.commit');
      db.run('COMMIT');
      shelf.settle(true);
      return result;
    } catch (error) {
      if (db.inTransaction) db.run('ROLLBACK');
      shelf.settle(false);
      // Tables made in this transaction went with it.
      prepared.clear();
      for (const name of before) prepared.add(name);
      throw converted(error);
    } finally {
      busy = false;
    }
  };
}

interface Shelf {
  rows<D>(declared: Collection<D>): Rows<D>;
  /** The end of a transaction. */
  settle(kept: boolean): void;
}

/** The rows of every collection, made once, and what is remembered of those that are cached. */
function createShelf(db: Database): Shelf {
  const made = new WeakMap<object, unknown>();
  const memories = new Map<string, Memory<never>>();
  const memoryOf = <D>({ name, cached }: Collection<D>): Memory<D> | undefined => {
    if (!cached) return undefined;
    const memory = memories.get(name) ?? createMemory<never>();
    memories.set(name, memory);
    return memory as Memory<unknown> as Memory<D>;
  };
  return {
    rows<D>(declared: Collection<D>) {
      const known = made.get(declared) as Rows<D> | undefined;
      const rows = known ?? createRows(db, declared, memoryOf(declared));
      made.set(declared, rows);
      return rows;
    },
    settle(kept) {
      for (const memory of memories.values()) settleMemory(memory, kept);
    },
  };
}

/** The disk had no room for a transaction. */
export function isFull(error: unknown): boolean {
  return error instanceof EngineError && (error.cause as { code?: string } | undefined)?.code === 'SQLITE_FULL';
}

function converted(error: unknown): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (error instanceof EngineError || !code.startsWith('SQLITE_')) return error;
  const message = code === 'SQLITE_FULL' ? 'no space left on device' : messageOf(error);
  return new EngineError('internal', `the engine's database: ${message}`, error);
}
