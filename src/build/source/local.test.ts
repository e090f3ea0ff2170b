import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTar } from '../../oci/tar/make-tar.ts';
import { createMemoryStore, type Store } from '../../store/index.ts';
import { forgetUnsynced } from '../cache/cache.ts';
import { createCacheDirectories, sweepCacheDirectories } from '../cache/directories.ts';
import { recordsIn } from '../cache/records.ts';
import type { LocalEntry } from '../contract.ts';
import { localFiles } from './local.ts';

let directory = '';
let store: Store;
let directories: ReturnType<typeof createCacheDirectories>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tug-local-'));
  store = createMemoryStore();
  directories = createCacheDirectories({ store, directory, clock: () => new Date() });
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const at = (seconds: number) => ({ seconds, nanoseconds: 0 });
/** `name`, or `name=first` for a file's other name; one that ends in `/` is a directory. */
function listed(...names: string[]): LocalEntry[] {
  return names.map((text) => {
    const [path = '', link] = text.split('=');
    if (path.endsWith('/'))
      return { path: path.slice(0, -1), kind: 'directory', mode: 0o755, size: 0, modified: at(0) };
    return { path, kind: 'file', mode: 0o644, size: 4, modified: at(1), ...(link !== undefined && { link }) };
  });
}

/** Makes the copy what the list says; the paths that were asked for, whose contents are then `data`. */
async function synced(entries: LocalEntry[], data = 'data'): Promise<string[]> {
  const files = await localFiles({ directories }, 'key');
  try {
    const paths = (await files.prepare(entries)).map((place) => entries[place]?.path ?? '');
    const tar = makeTar(paths.map((name) => ({ name, data, mtime: 1 })));
    if (paths.length > 0) await files.fill(new Blob([tar]).stream(), AbortSignal.timeout(10_000));
    return paths;
  } finally {
    files.close();
  }
}

/** The names of each file in the copy, with what is in it. */
function groups(): string[] {
  const copy = join(directory, readdirSync(directory)[0] ?? '', 'files');
  const found = new Map<number, string[]>();
  for (const name of readdirSync(copy, { recursive: true }) as string[]) {
    const status = statSync(join(copy, name));
    if (status.isFile()) found.set(status.ino, [...(found.get(status.ino) ?? []), name]);
  }
  return [...found.values()]
    .map((names) => `${names.toSorted()}: ${readFileSync(join(copy, names[0] ?? ''))}`)
    .toSorted();
}

test('names of one file are one file in the copy, and its contents come once', async () => {
  expect(await synced(listed('a', 'b=a', 'd/', 'd/c=a', 'e'))).toEqual(['a', 'e']);
  expect(groups()).toEqual(['a,b,d/c: data', 'e: data']);
  expect(await synced(listed('a', 'b=a', 'd/', 'd/c=a', 'e'))).toEqual([]);
});

test('a file that comes anew takes its names along, also in directories that are as they were', async () => {
  await synced(listed('a', 'd/', 'd/c=a'));
  const [first, ...rest] = listed('a', 'd/', 'd/c=a');
  expect(await synced([{ ...(first as LocalEntry), modified: at(2) }, ...rest], 'more')).toEqual(['a']);
  expect(groups()).toEqual(['a,d/c: more']);
});

test('names part and come together as the list says', async () => {
  const files = ['d/', 'd/a', 'e/', 'e/b', 'f/', 'f/c'];
  await synced(listed('d/', 'd/a', 'e/', 'e/b=d/a', 'f/', 'f/c=d/a'));
  expect(groups()).toEqual(['d/a,e/b,f/c: data']);
  expect(await synced(listed('d/', 'd/a', 'e/', 'e/b', 'f/', 'f/c=e/b'), 'apart')).toEqual(['e/b']);
  expect(groups()).toEqual(['d/a: data', 'e/b,f/c: apart']);
  expect(await synced(listed('d/', 'd/a', 'e/', 'e/b=d/a', 'f/', 'f/c'), 'new!')).toEqual(['f/c']);
  expect(groups()).toEqual(['d/a,e/b: data', 'f/c: new!']);
  expect(await synced(listed(...files), 'free')).toEqual(['e/b']);
  expect(groups()).toEqual(['d/a: data', 'e/b: free', 'f/c: new!']);
});

test.each([[['b=a', 'a']], [['a', 'b=a', 'c=b']], [['d/', 'b=d']], [['b=../../a']]])(
  'another name is only one of a file that was listed before: %p',
  async (names) => {
    await expect(synced(listed(...names))).rejects.toThrow('wrongly');
  },
);

const recorded = () =>
  store.view((tx) =>
    recordsIn(tx)
      .all()
      .map(({ document }) => document),
  );

test('a copy is a record of the cache, with its size, from build to build', async () => {
  await synced(listed('a', 'd/', 'd/b'));
  const [{ createdAt = '' } = {}] = recorded();
  await synced(listed('a'));
  const same = { type: 'source.local', description: 'local source for context', size: 4, uses: 2, createdAt };
  expect(recorded()).toEqual([expect.objectContaining(same)]);
});

test('a copy that is pruned begins anew, and its name is free while it goes', async () => {
  await synced(listed('a'));
  const id = recorded()[0]?.directory ?? '';
  store.update((tx) => recordsIn(tx).delete(id));
  const going = directories.remove(id);
  expect(await synced(listed('a'))).toEqual(['a']);
  await going;
  expect(groups()).toEqual(['a: data']);
});

test('what was written before the power went is not trusted', async () => {
  await synced(listed('a'));
  forgetUnsynced(store);
  expect(await synced(listed('a'))).toEqual([]);
  store.update((tx) => {
    for (const { id, document } of recordsIn(tx).all()) recordsIn(tx).put(id, { ...document, boot: 'another life' });
  });
  forgetUnsynced(store);
  sweepCacheDirectories(store, directory);
  expect(readdirSync(directory)).toEqual([]);
  expect(await synced(listed('a'))).toEqual(['a']);
});

test('a copy that was left half made is made anew', async () => {
  const files = await localFiles({ directories }, 'key');
  await files.prepare(listed('a', 'stale'));
  files.close();
  expect(recorded()).toEqual([]);
  expect(await synced(listed('a'))).toEqual(['a']);
  expect(groups()).toEqual(['a: data']);
});

test('two that ask at once have copies of their own', async () => {
  const both = await Promise.all([localFiles({ directories }, 'key'), localFiles({ directories }, 'key')]);
  expect(readdirSync(directory).length).toBe(2);
  for (const files of both) files.close();
});
