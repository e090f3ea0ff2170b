import type { Rows } from '../contract.ts';

/** The documents of one collection as the database has them, for those who read them again and again. */
export interface Memory<T> {
  /** In the order of the table; undefined for one that was written and not read since. */
  documents: Map<string, T | undefined>;
  /** Whether it has every id. */
  complete: boolean;
  /** Whether the transaction under way has changed anything. */
  touched: boolean;
}

export function createMemory<T>(): Memory<T> {
  return { documents: new Map(), complete: false, touched: false };
}

/** The end of a transaction; after a failure the database is asked again. */
export function settleMemory<T>(memory: Memory<T>, kept: boolean): void {
  if (!kept && memory.touched) {
    memory.documents.clear();
    memory.complete = false;
  }
  memory.touched = false;
}

/** The same rows, read from memory where they were read before. */
export function remembered<T>(rows: Rows<T>, memory: Memory<T>): Rows<T> {
  const { documents } = memory;
  const get = (id: string): T | undefined => {
    const known = documents.get(id);
    if (known !== undefined || (memory.complete && !documents.has(id))) return known;
    const read = rows.get(id);
    if (read !== undefined) documents.set(id, frozen(read));
    return read;
  };
  const withDocument = (id: string) => {
    const document = get(id);
    return document === undefined ? [] : [{ id, document }];
  };
  return {
    get,
    idsBy: rows.idsBy,
    idsByPrefix: rows.idsByPrefix,
    by: (index, value) => rows.idsBy(index, value).flatMap(withDocument),
    all() {
      if (memory.complete) return [...documents.keys()].flatMap(withDocument);
      const read = rows.all();
      documents.clear();
      for (const { id, document } of read) documents.set(id, frozen(document));
      memory.complete = true;
      return read;
    },
    put(id, document) {
      memory.touched = true;
      rows.put(id, document);
      // Its place in the order stays; what it says is read from the database when somebody asks.
      documents.set(id, undefined);
    },
    delete(id) {
      memory.touched = true;
      rows.delete(id);
      documents.delete(id);
    },
  };
}

/** The document and all in it, unchangeable. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
