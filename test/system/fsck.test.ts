import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { startSmallRegistry } from '../../src/registry/testing/small-registry.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
let data = '';
let ids = { container: '', image: '', layer: '', top: '' };
const layers = [
  makeTar([{ name: 'a', data: 'aaa' }]),
  makeTar([
    { name: 'b', data: 'bbb' },
    { name: 'c', data: 'ccc' },
  ]),
];

beforeAll(async () => {
  engine = await startEngine();
  data = join(engine.directory, 'data');
  await load();
  expect((await engine.tug(['volume', 'create', 'kept'])).code).toBe(0);
  expect((await engine.tug(['network', 'create', 'net'])).code).toBe(0);
  const made = await engine.tug(['create', '--name', 'box', '-v', 'kept:/kept', 'two:1', '/a']);
  ids = { container: made.stdout.trim(), image: await imageId(), ...layerIds() };
  writeFileSync(join(data, 'volumes/kept/_data/precious'), 'data');
  writeFileSync(join(data, 'overlay2/containers', ids.container, 'diff/written'), 'by the container');
});
afterAll(async () => expect(await engine.dispose()).toEqual([]), 30_000);

async function imageId(): Promise<string> {
  return ((await engine.request('GET', '/images/two:1/json')).json() as { Id: string }).Id;
}

function layerIds() {
  return { layer: digestOf(layers[0] as Buffer), top: digestOf(layers[1] as Buffer) };
}

async function load(): Promise<void> {
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) };
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/a'] }, rootfs });
  const item = { Config: 'config', RepoTags: ['two:1'], Layers: ['0', '1'] };
  const parts = layers.map((bytes, index) => ({ name: String(index), data: bytes }));
  const archive = join(engine.directory, 'two.tar');
  writeFileSync(
    archive,
    makeTar([...parts, { name: 'config', data: config }, { name: 'manifest.json', data: JSON.stringify([item]) }]),
  );
  const loaded = await engine.tug(['load', '-i', archive]);
  expect(loaded.stderr).toBe('');
}

const fsck = (...flags: string[]) => engine.tug(['system', 'fsck', ...flags]);
const blob = (digest: string) => join(data, 'blobs/sha256', digest.slice(7));
const tree = (diffId: string) => join(data, 'overlay2/layers', diffId.slice(7, 39));
const home = () => join(data, 'overlay2/containers', ids.container);

/** Damages of the database are done while no engine has it. */
async function offline(sql: string, ...values: string[]): Promise<void> {
  await engine.stop();
  const db = new Database(join(data, 'tug.db'));
  db.query(sql).run(...values);
  db.close();
  await engine.start();
}

function age(path: string): void {
  utimesSync(path, 1, 1);
}

function linkOf(diffId: string): string {
  return join(data, 'overlay2/l', JSON.parse(readFileSync(join(tree(diffId), 'layer.json'), 'utf8')).link);
}

test('an engine that is whole has nothing to repair', async () => {
  expect(await fsck()).toMatchObject({ code: 0, stdout: 'No damage found\n' });
  expect(await fsck('--full')).toMatchObject({ code: 0 });
});

interface Planted {
  plant: () => unknown;
  /** What the report names. */
  says: RegExp;
  /** Whether it holds afterwards. */
  check: () => boolean | Promise<boolean>;
}

const damages: Record<string, Planted> = {
  'a file of a layer is gone': {
    plant: () => unlinkSync(join(tree(ids.layer), 'diff/a')),
    says: /layer sha256:.* its files are not those/,
    check: () => readFileSync(join(tree(ids.layer), 'diff/a'), 'utf8') === 'aaa',
  },
  'a file of a layer has other bytes, of the same length and time': {
    plant() {
      const path = join(tree(ids.top), 'diff/b');
      writeFileSync(path, 'xxx');
      utimesSync(path, 0, 0);
    },
    says: /its files are not those of its archive/,
    check: () => readFileSync(join(tree(ids.top), 'diff/b'), 'utf8') === 'bbb',
  },
  'a file is in a layer that is not the layer’s': {
    plant: () => writeFileSync(join(tree(ids.layer), 'diff/more'), ''),
    says: /layer sha256:.* its files are not those/,
    check: () => !existsSync(join(tree(ids.layer), 'diff/more')),
  },
  'the tree of a layer is gone': {
    plant: () => rmSync(join(tree(ids.top), 'diff'), { recursive: true }),
    says: /layer .* its files are gone \(repaired: given up\)[\s\S]*is not unpacked \(repaired: unpacked again\)/,
    check: () => existsSync(join(tree(ids.top), 'diff/b')),
  },
  'the record of a layer is gone': {
    plant: () => unlinkSync(join(tree(ids.top), 'layer.json')),
    says: /its record is gone/,
    check: () => existsSync(join(tree(ids.top), 'layer.json')),
  },
  'the short name of a layer leads elsewhere': {
    plant() {
      const link = linkOf(ids.top);
      unlinkSync(link);
      symlinkSync('../layers/elsewhere', link);
    },
    says: /its short name .* does not lead to it/,
    check: () => existsSync(join(linkOf(ids.top), 'b')),
  },
  'a directory that nobody finished': {
    plant: () => mkdirSync(join(data, 'overlay2/incoming/half/diff'), { recursive: true }),
    says: /nobody is making any more/,
    check: () => readdirSync(join(data, 'overlay2/incoming')).length === 0,
  },
  'a layer that no image has': {
    plant: () => mkdirSync(join(data, 'overlay2/layers', 'f'.repeat(32), 'diff'), { recursive: true }),
    says: /is no layer/,
    check: () => !existsSync(join(data, 'overlay2/layers', 'f'.repeat(32))),
  },
  'a blob that no image has': {
    plant() {
      const path = blob(digestOf(Buffer.from('orphan')));
      writeFileSync(path, 'orphan');
      age(path);
    },
    says: /blob sha256:.* is needed by no image/,
    check: () => !existsSync(blob(digestOf(Buffer.from('orphan')))),
  },
  'a file among the blobs that is none': {
    plant: () => writeFileSync(join(data, 'blobs/sha256/notes'), ''),
    says: /file notes lies among the blobs/,
    check: () => !existsSync(join(data, 'blobs/sha256/notes')),
  },
  'a file among the partial downloads that is none': {
    plant: () => writeFileSync(join(data, 'blobs/partial/notes'), ''),
    says: /file notes lies among the partial downloads/,
    check: () => !existsSync(join(data, 'blobs/partial/notes')),
  },
  'a partial download of what is here whole': {
    plant: () => writeFileSync(join(data, 'blobs/partial', ids.layer.slice(7)), 'half'),
    says: /partial download [0-9a-f]{64} is a partial download of a blob that is here whole/,
    check: () => readdirSync(join(data, 'blobs/partial')).length === 0 && existsSync(blob(ids.layer)),
  },
  'a blob that nobody finished': {
    plant() {
      writeFileSync(join(data, 'blobs/tmp/half'), 'half');
      age(join(data, 'blobs/tmp/half'));
    },
    says: /file half was begun as a blob, and nobody goes on with it/,
    check: () => !existsSync(join(data, 'blobs/tmp/half')),
  },
  'the room held back for a full disk is gone': {
    plant: () => unlinkSync(join(data, 'reserve')),
    says: /reserve the room that is held back for a full disk is gone \(repaired: made again\)/,
    check: () => statSync(join(data, 'reserve')).size === 2 << 20,
  },
  'the configuration of an image is gone': {
    plant: () => unlinkSync(blob(ids.image)),
    says: /its configuration is gone \(repaired: written again\)/,
    check: () => digestOf(readFileSync(blob(ids.image))) === ids.image,
  },
  'the list of a container’s layers is gone': {
    plant: () => unlinkSync(join(home(), 'layers.json')),
    says: /the list of its layers is gone or wrong/,
    check: () => JSON.parse(readFileSync(join(home(), 'layers.json'), 'utf8')).length === 3,
  },
  'the working directory of a container is gone': {
    plant: () => rmSync(join(home(), 'work'), { recursive: true }),
    says: /its working directory is gone/,
    check: () => existsSync(join(home(), 'work')),
  },
  'a writable layer without a container': {
    plant() {
      mkdirSync(join(data, 'overlay2/containers/orphan/diff'), { recursive: true });
      age(join(data, 'overlay2/containers/orphan'));
    },
    says: /writable layer orphan belongs to no container/,
    check: () => !existsSync(join(data, 'overlay2/containers/orphan')),
  },
  'the directory of a volume is gone': {
    plant: () => renameSync(join(data, 'volumes/kept'), join(engine.directory, 'saved')),
    says: /volume kept its directory is gone .*what it held is lost/,
    check() {
      const isMade = existsSync(join(data, 'volumes/kept/_data'));
      rmSync(join(data, 'volumes/kept'), { recursive: true });
      renameSync(join(engine.directory, 'saved'), join(data, 'volumes/kept'));
      return isMade;
    },
  },
  'the row of a volume is gone': {
    plant: () => offline('DELETE FROM volumes WHERE id = ?', 'kept'),
    says: /volume kept has files and is not known \(repaired: it is a volume again\)/,
    check: async () => (await engine.tug(['volume', 'inspect', 'kept'])).code === 0,
  },
  'a container’s reference to its image is gone': {
    plant: () => offline('DELETE FROM refs WHERE owner LIKE ?', 'container:%'),
    says: /container .* does not hold image:.*, volume:kept/,
    check: async () => (await engine.tug(['volume', 'rm', 'kept'])).stderr.includes('volume is in use'),
  },
  'a name of an image that is gone': {
    plant: () =>
      offline(
        'INSERT INTO image_names (id, document, by_image) VALUES (?, ?, ?)',
        'docker.io/library/lost:1',
        '{"image":"sha256:0"}',
        'sha256:0',
      ),
    says: /name docker.io\/library\/lost:1 is that of sha256:0, which is gone/,
    check: async () => !(await engine.tug(['images'])).stdout.includes('lost'),
  },
  'references of an image that is gone': {
    plant: () =>
      offline('INSERT INTO refs (owner, target, note) VALUES (?, ?, ?)', 'image:sha256:1', 'blob:sha256:1', ''),
    says: /image sha256:1 is gone and still holds what it needed/,
    check: () => true,
  },
  'an index of the database that says something else': {
    plant: () => offline('UPDATE containers SET by_name = ? WHERE id = ?', 'other', ids.container),
    says: /row .* of containers is not found by its name/,
    check: async () => (await engine.tug(['create', '--name', 'box', 'two:1', '/a'])).stderr.includes('already in use'),
  },
};

for (const [what, { plant, says, check }] of Object.entries(damages)) {
  test(`found and repaired: ${what}`, async () => {
    await plant();
    const flags = what.includes('of the same length') ? ['--full'] : [];
    const found = await fsck(...flags);
    expect(found.stdout).not.toContain('repaired:');
    expect(found.code).toBe(1);
    const repaired = await fsck('--repair', ...flags);
    expect(repaired.stdout).toMatch(says);
    expect(repaired).toMatchObject({ code: 0 });
    expect(await check()).toBe(true);
    expect(await fsck()).toMatchObject({ code: 0, stdout: 'No damage found\n' });
    expect(readFileSync(join(data, 'volumes/kept/_data/precious'), 'utf8')).toBe('data');
    expect(readFileSync(join(home(), 'diff/written'), 'utf8')).toBe('by the container');
  }, 30_000);
}

test('a rotten blob is removed, the image says what it lost, and a load makes it whole', async () => {
  writeFileSync(blob(ids.layer), 'rotten');
  expect((await fsck()).stdout).toMatch(/blob sha256:.* its bytes are not those of its digest/);
  const repaired = await fsck('--repair');
  expect(repaired.code).toBe(1);
  expect(repaired.stdout).toMatch(/the bytes of its layer sha256:.* are gone \(pull or load the image again/);
  const saved = await engine.tug(['save', '-o', join(engine.directory, 'saved.tar'), 'two:1']);
  expect(saved.stderr).toContain('is damaged: the bytes of its layer');
  expect((await engine.tug(['create', 'two:1', '/a'])).code).toBe(0);
  await load();
  expect(await fsck()).toMatchObject({ code: 0 });
  expect((await engine.tug(['save', '-o', join(engine.directory, 'saved.tar'), 'two:1'])).code).toBe(0);
}, 30_000);

test('what was lost of a pulled image is fetched again, and told where no registry has it', async () => {
  const registry = startSmallRegistry();
  try {
    const tar = makeTar([{ name: 'pulled', data: 'p'.repeat(5000) }]);
    registry.image('pulled:1', [{ tar }]);
    const name = `${registry.host}/pulled:1`;
    expect((await engine.tug(['pull', '-q', name])).stderr).toBe('');
    const digest = digestOf(tar);
    writeFileSync(blob(digest), 'rotten');
    const repaired = await fsck('--repair');
    expect(repaired.stdout).toContain(`are gone (repaired: fetched again from ${registry.host}/pulled)`);
    expect(repaired.code).toBe(0);
    expect(digestOf(readFileSync(blob(digest)))).toBe(digest);
    expect(await fsck('--full')).toMatchObject({ code: 0, stdout: 'No damage found\n' });

    unlinkSync(blob(digest));
    registry.blobs.delete(digest);
    const lost = await fsck('--repair');
    expect(lost.code).toBe(1);
    expect(lost.stdout).toContain(`${registry.host}/pulled: it has no such blob; pull or load the image again`);
    expect((await engine.tug(['rmi', name])).code).toBe(0);
    expect(await fsck()).toMatchObject({ code: 0, stdout: 'No damage found\n' });
  } finally {
    await registry.close();
  }
}, 30_000);

test('what a container wrote and is lost is told, and no repair makes it up', async () => {
  renameSync(join(home(), 'diff'), join(dirname(home()), '..', 'aside'));
  const told = await fsck('--repair');
  expect(told.code).toBe(1);
  expect(told.stdout).toMatch(/container .* the files of its writable layer are gone\n/);
  renameSync(join(dirname(home()), '..', 'aside'), join(home(), 'diff'));
  expect(await fsck()).toMatchObject({ code: 0 });
}, 30_000);
