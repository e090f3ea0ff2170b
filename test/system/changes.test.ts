// What a container changed: told, packed as a layer, and made an image.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createImages, type Images } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { digestOf, readTar } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createSnapshots, type Snapshots } from '../../src/snapshot/index.ts';
import { createStore, type Store } from '../../src/store/index.ts';

let root = '';
let store: Store;
let snapshots: Snapshots;
let images: Images;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tug-changes-'));
  store = createStore({ dir: root, log: silent });
  snapshots = createSnapshots({ root, log: silent });
  images = createImages({ store, snapshots, registry: createRegistry({ log: silent }), log: silent });
  const tar = makeTar([
    { name: 'etc/', type: '5', mode: 0o755 },
    { name: 'etc/hosts', data: 'of the image' },
    { name: 'keep/', type: '5', mode: 0o755 },
    { name: 'keep/same', data: 'same' },
    { name: 'keep/changed', data: 'before' },
    { name: 'keep/mode', data: 'mode' },
    { name: 'gone', data: 'gone' },
    { name: 'anew/', type: '5', mode: 0o755 },
    { name: 'anew/old', data: 'old' },
    { name: 'anew/both', data: 'both' },
  ]);
  const options = { repository: 'box', tag: '1', message: '', changes: ['CMD ["sh"]'], source: '-' };
  for await (const _ of images.import(one(tar), options));
  await snapshots.create('c', images.resolve('box:1').layers);
});

afterEach(async () => {
  await snapshots.settled();
  store.close();
  rmSync(root, { recursive: true, force: true });
});

async function* one(bytes: Uint8Array) {
  yield bytes;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function namesIn(tar: Buffer): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of readTar(one(tar))) names.push(entry.name);
  return names;
}

/** Does in the container's tree what a process in it would do, in a mount namespace of its own. */
function inContainer(script: string): void {
  const { LowerDir = '', UpperDir = '', WorkDir = '' } = snapshots.describe('c');
  const mount = `mount -t overlay overlay -o index=off,metacopy=off,redirect_dir=off,lowerdir=${LowerDir},upperdir=${UpperDir},workdir=${WorkDir} /mnt`;
  execFileSync('unshare', ['-m', '--propagation', 'private', 'sh', '-ec', `${mount}; cd /mnt; ${script}`]);
}

const changesOf = async () => (await snapshots.changes('c')).map(({ kind, path }) => `${kind} ${path}`);

const script = `echo after > keep/changed; chmod 700 keep/mode; touch -c -r keep/same keep/same; rm gone;
  rm -r anew; mkdir anew; echo both > anew/both; mkdir fresh; echo f > fresh/f; echo x > added`;

test('a new container has changed nothing: places for mounts are the layer below', async () => {
  expect(await changesOf()).toEqual([]);
  expect(digestOf(await bytesOf(snapshots.diff('c')))).toBe(
    'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
  );
  // Docker's too is empty, whatever the image has there.
  inContainer('test ! -s etc/hosts && test -d proc && test -e .dockerenv && test -L etc/mtab');
});

test('changes are told: added, modified, deleted, also what a new directory of an old name hides', async () => {
  inContainer(script);
  expect(await changesOf()).toEqual([
    'added /added',
    'modified /anew',
    'modified /anew/both',
    'deleted /anew/old',
    'added /fresh',
    'added /fresh/f',
    'deleted /gone',
    'modified /keep',
    'modified /keep/changed',
    'modified /keep/mode',
  ]);
});

test('a commit is an image of the tree; the same tree makes the same layer', async () => {
  inContainer(script);
  const layer = await bytesOf(snapshots.diff('c'));
  expect((await bytesOf(snapshots.diff('c'))).equals(layer)).toBe(true);
  expect(await namesIn(layer)).toEqual(
    expect.arrayContaining(['.wh.gone', 'anew/', 'anew/.wh..wh..opq', 'anew/both', 'fresh/f', 'keep/changed']),
  );
  const { id, name } = await images.commit({
    parent: images.resolve('box:1').id,
    layer: snapshots.diff('c'),
    config: { Cmd: ['sh'], Env: ['A=b'] },
    container: { id: 'c', config: { Cmd: ['sh', '-c', 'x'] } },
    author: 'me',
    comment: 'why',
    repository: 'box',
    tag: '2',
  });
  expect(name).toBe('box:2');
  const made = images.resolve('box:2');
  expect([made.id, made.layers[1], made.config.author]).toEqual([id, digestOf(layer), 'me']);
  expect((await images.inspect('box:2')).Parent).toBe(images.resolve('box:1').id);
  expect(images.history('box:2').map(({ Id, CreatedBy }) => [Id, CreatedBy])).toEqual([
    [id, 'sh -c x'],
    [images.resolve('box:1').id, ''],
  ]);
  await snapshots.create('again', made.layers);
  const files = await namesIn(await packed('again'));
  expect(files).toEqual(expect.arrayContaining(['added', 'anew/both', 'fresh/f', 'keep/same']));
  expect(files).not.toContain('gone');
  expect(files).not.toContain('anew/old');
});

async function packed(id: string): Promise<Buffer> {
  const { packTree } = await import('../../src/snapshot/index.ts');
  const { closeFd } = await import('../../src/host/index.ts');
  const directory = snapshots.view(id);
  try {
    return await bytesOf(packTree({ from: { directory, name: Buffer.from('.') }, as: '' }));
  } finally {
    closeFd(directory);
  }
}

test('an image that another was committed on stays until that one goes', async () => {
  const parent = images.resolve('box:1').id;
  const request = { parent, config: {}, container: { id: 'c', config: {} }, author: '', comment: '' };
  inContainer('echo x > added');
  const { id } = await images.commit({ ...request, layer: snapshots.diff('c'), repository: '', tag: '' });
  await expect(images.remove(parent, { force: true, prune: true })).rejects.toThrow(
    `conflict: unable to delete ${parent.slice(7, 19)} (cannot be forced) - image has dependent child images`,
  );
  expect((await images.remove('box:1', { force: false, prune: true })).map(({ Untagged }) => Untagged)).toEqual([
    'box:1',
  ]);
  const listed = async (all: boolean) =>
    (await images.list({ all, filters: {}, sharedSize: false })).map(({ Id }) => Id);
  expect(await listed(false)).toEqual([id]);
  expect((await listed(true)).toSorted()).toEqual([id, parent].toSorted());
  const { ImagesDeleted, SpaceReclaimed } = await images.prune({});
  expect(ImagesDeleted.map(({ Deleted }) => Deleted)).toEqual(expect.arrayContaining([id, parent]));
  expect(SpaceReclaimed).toBeGreaterThan(0);
  await snapshots.remove('c');
  expect([await listed(true), store.blobs.all(), readdirSync(join(root, 'overlay2/layers'))]).toEqual([[], [], []]);
});

test('what is saved can be loaded by another engine, names and ids kept', async () => {
  const { id } = images.resolve('box:1');
  images.tag('box:1', 'box', 'other');
  const archive = await bytesOf(images.save(['box']));
  expect(await namesIn(archive)).toEqual([
    'blobs/',
    'blobs/sha256/',
    ...(await namesIn(archive)).filter((name) => name.startsWith('blobs/sha256/') && name.length > 20),
    'index.json',
    'manifest.json',
    'oci-layout',
    'repositories',
  ]);
  expect((await bytesOf(images.save(['box']))).equals(archive)).toBe(true);
  await expect(bytesOf(images.save(['nope']))).rejects.toThrow('No such image: nope');

  const elsewhere = mkdtempSync(join(tmpdir(), 'tug-changes-'));
  const other = {
    store: createStore({ dir: elsewhere, log: silent }),
    snapshots: createSnapshots({ root: elsewhere, log: silent }),
  };
  const theirs = createImages({ ...other, registry: createRegistry({ log: silent }), log: silent });
  for await (const _ of theirs.load(one(archive), { quiet: true }));
  expect([theirs.resolve('box:1').id, theirs.resolve('box:other').id]).toEqual([id, id]);
  await other.snapshots.settled();
  other.store.close();
  rmSync(elsewhere, { recursive: true });
});
