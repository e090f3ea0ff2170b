import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../kit/index.ts';
import type { Collection, Store, Tx } from './index.ts';
import { createMemoryStore, createStore } from './index.ts';

interface Pet {
  name: string;
  kind: string | null;
}
const pets: Collection<Pet> = {
  name: 'pets',
  indexes: { name: { of: (pet) => pet.name, unique: true }, kind: { of: (pet) => pet.kind, unique: false } },
};

const dirs: string[] = [];
function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tug-store-test-'));
  dirs.push(dir);
  return dir;
}
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const cachedPets: Collection<Pet> = { ...pets, name: 'cachedPets', cached: true };

for (const [kind, open] of Object.entries({
  'on disk': () => createStore({ dir: temporary(), log: silent }),
  'in memory': () => createMemoryStore(),
})) {
  describe(`a store ${kind}`, () => contract(open));
}

function contract(open: () => Store): void {
  const withStore = (body: (store: Store) => void) => () => {
    const store = open();
    try {
      body(store);
    } finally {
      store.close();
    }
  };

  test(
    'keeps, replaces and deletes documents',
    withStore((store) => {
      store.update((tx) => tx.collection(pets).put('a', { name: 'Ada', kind: 'cat' }));
      store.update((tx) => tx.collection(pets).put('b', { name: 'Bob', kind: null }));
      store.update((tx) => tx.collection(pets).put('a', { name: 'Ann', kind: 'cat' }));
      store.view((tx) => {
        const rows = tx.collection(pets);
        expect(rows.get('a')).toEqual({ name: 'Ann', kind: 'cat' });
        expect(rows.by('name', 'Ada')).toEqual([]);
        expect(rows.by('kind', 'cat').map((row) => row.id)).toEqual(['a']);
        expect(rows.all().map((row) => row.id)).toEqual(['a', 'b']);
      });
      store.update((tx) => tx.collection(pets).delete('a'));
      expect(store.view((tx) => tx.collection(pets).get('a'))).toBeUndefined();
      expect(store.commits).toBe(4);
    }),
  );

  test(
    'finds ids by prefix, up to a limit',
    withStore((store) => {
      store.update((tx) => {
        for (const id of ['ab1', 'ab2', 'ab3', 'b%', 'c_']) tx.collection(pets).put(id, { name: id, kind: null });
      });
      store.view((tx) => {
        expect(tx.collection(pets).idsByPrefix('ab', 2)).toEqual(['ab1', 'ab2']);
        expect(tx.collection(pets).idsByPrefix('%', 2)).toEqual([]);
        expect(tx.collection(pets).idsByPrefix('c_', 2)).toEqual(['c_']);
        expect(tx.collection(pets).idsByPrefix('', 9)).toHaveLength(5);
      });
    }),
  );

  test(
    'refuses a second document with a unique value, and takes back all of that transaction',
    withStore((store) => {
      store.update((tx) => tx.collection(pets).put('a', { name: 'Ada', kind: null }));
      const clash = () =>
        store.update((tx) => {
          tx.collection(pets).put('c', { name: 'Cid', kind: null });
          tx.collection(pets).put('b', { name: 'Ada', kind: null });
        });
      expect(clash).toThrow(expect.objectContaining({ name: 'EngineError', kind: 'conflict' }));
      expect(store.view((tx) => tx.collection(pets).all())).toHaveLength(1);
    }),
  );

  test(
    'undoes a transaction that throws, waits or nests',
    withStore((store) => {
      expect(() =>
        store.update((tx) => {
          put(tx);
          throw new Error('no');
        }),
      ).toThrow('no');
      expect(() => store.update(async (tx) => put(tx))).toThrow('may not wait');
      expect(() =>
        store.update((tx) => {
          put(tx);
          store.view(() => undefined);
        }),
      ).toThrow('within a transaction');
      expect(store.view((tx) => tx.collection(pets).all())).toEqual([]);
      expect(store.commits).toBe(0);
    }),
  );

  test(
    'keeps references both ways',
    withStore((store) => {
      store.update(({ refs }) => {
        refs.add('container:1', 'image:x');
        refs.add('container:1', 'volume:v');
        refs.add('container:2', 'image:x', 'running');
        refs.add('container:1', 'image:x', 'running');
      });
      store.view(({ refs }) => {
        expect(refs.ownersOf('image:x')).toEqual([
          { owner: 'container:1', note: 'running' },
          { owner: 'container:2', note: 'running' },
        ]);
        expect(refs.targetsOf('container:1').map((ref) => ref.target)).toEqual(['image:x', 'volume:v']);
      });
      store.update(({ refs }) => {
        refs.remove('container:2', 'image:x');
        refs.removeOwner('container:1');
      });
      expect(store.view(({ refs }) => refs.ownersOf('image:x'))).toEqual([]);
    }),
  );
}

test('what was committed is there after a restart, and no second engine gets in meanwhile', () => {
  const dir = temporary();
  const first = createStore({ dir, log: silent });
  first.update((tx) => tx.collection(pets).put('a', { name: 'Ada', kind: null }));
  const second = Bun.spawnSync([process.execPath, '-e', opening(dir)], { cwd: import.meta.dir });
  expect(second.stderr.toString()).toContain('in use by another engine');
  first.close();
  const again = createStore({ dir, log: silent });
  expect(again.view((tx) => tx.collection(pets).get('a')?.name)).toBe('Ada');
  again.close();
});

function put(tx: Tx): void {
  tx.collection(pets).put('a', { name: 'Ada', kind: null });
}

function opening(dir: string): string {
  return `const { createStore } = await import('./index.ts'); createStore({ dir: ${JSON.stringify(dir)}, log: {} }).close();`;
}

test('a declared index that is new or no longer unique is computed from the documents', () => {
  const dir = temporary();
  const bare: Collection<Pet> = { name: 'pets', indexes: {} };
  let store = createStore({ dir, log: silent });
  store.update((tx) => tx.collection(bare).put('a', { name: 'Ada', kind: 'cat' }));
  store.close();
  store = createStore({ dir, log: silent });
  expect(store.view((tx) => tx.collection(pets).by('kind', 'cat'))).toHaveLength(1);
  store.close();
  const loose: Collection<Pet> = { name: 'pets', indexes: { name: { of: (pet) => pet.name, unique: false } } };
  store = createStore({ dir, log: silent });
  store.update((tx) => tx.collection(loose).put('b', { name: 'Ada', kind: null }));
  expect(store.view((tx) => tx.collection(loose).by('name', 'Ada'))).toHaveLength(2);
  store.close();
});

test('a damaged database is refused by name and not touched', () => {
  const dir = temporary();
  const path = join(dir, 'tug.db');
  const store = createStore({ dir, log: silent });
  store.update((tx) => {
    for (let n = 0; n < 500; n++) tx.collection(pets).put(`id${n}`, { name: `n${n}`, kind: 'x'.repeat(50) });
  });
  store.close();
  const broken = readFileSync(path);
  broken.fill(0xa5, 4096, 4096 * 6);
  for (const bytes of [broken, Buffer.from('no database at all, but long enough to have a header of some kind')]) {
    writeFileSync(path, bytes);
    expect(() => createStore({ dir, log: silent })).toThrow(/tug\.db is damaged .*left as it is/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  }
});

test('a schema of a newer version is refused', () => {
  const dir = temporary();
  createStore({ dir, log: silent }).close();
  const db = new Database(join(dir, 'tug.db'));
  db.run('PRAGMA user_version = 99');
  db.close();
  expect(() => createStore({ dir, log: silent })).toThrow('newer version of tug (schema 99');
});

const keep = (store: Store, id: string, name: string) =>
  store.update((tx) => tx.collection(cachedPets).put(id, { name, kind: null }));
const names = (store: Store) =>
  store.view((tx) =>
    tx
      .collection(cachedPets)
      .all()
      .map(({ id, document }) => `${id}=${document.name}`),
  );

describe('a collection that is kept in memory', () => {
  test('says what the database says, in its order, whatever is written', () => {
    const store = createMemoryStore();
    for (const [id, name] of ['zAda', 'aBob', 'mCid'].map((word) => [word[0] ?? '', word.slice(1)] as const)) {
      keep(store, id, name);
    }
    expect(names(store)).toEqual(['z=Ada', 'a=Bob', 'm=Cid']);
    keep(store, 'z', 'Zoe');
    store.update((tx) => tx.collection(cachedPets).delete('a'));
    keep(store, 'b', 'Bea');
    expect(names(store)).toEqual(['z=Zoe', 'm=Cid', 'b=Bea']);
    store.view((tx) => {
      const rows = tx.collection(cachedPets);
      expect([rows.get('z')?.name, rows.get('a'), rows.by('name', 'Bea')[0]?.id]).toEqual(['Zoe', undefined, 'b']);
      expect(rows.by('name', 'Ada')).toEqual([]);
    });
    store.close();
  });

  test('forgets what a failed transaction wrote', () => {
    const store = createMemoryStore();
    keep(store, 'a', 'Ada');
    expect(names(store)).toEqual(['a=Ada']);
    const failing = () =>
      store.update((tx) => {
        const rows = tx.collection(cachedPets);
        rows.put('a', { name: 'Eve', kind: null });
        rows.put('b', { name: 'Bob', kind: null });
        expect(rows.all()).toHaveLength(2);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(names(store)).toEqual(['a=Ada']);
    expect(store.view((tx) => tx.collection(cachedPets).get('b'))).toBeUndefined();
    store.close();
  });

  test('gives out what nobody can change, and keeps nobody’s object', () => {
    const store = createMemoryStore();
    const mine = { name: 'Ada', kind: null };
    store.update((tx) => tx.collection(cachedPets).put('a', mine));
    mine.name = 'Eve';
    const read = store.view((tx) => tx.collection(cachedPets).get('a'));
    expect(read?.name).toBe('Ada');
    expect(() => Object.assign(read ?? {}, { name: 'Eve' })).toThrow();
    store.close();
  });
});
