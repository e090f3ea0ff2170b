import { afterEach, beforeEach, expect, test } from 'bun:test';
import { closeSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { JSONMessage } from '../../src/api/index.ts';
import { statIn, usingFd } from '../../src/host/index.ts';
import { createImages, type ImageEvent, type Images } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { digestOf } from '../../src/oci/index.ts';
import { makeTar, type TarPart } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createSnapshots, type Snapshots } from '../../src/snapshot/index.ts';
import { createStore, type Store } from '../../src/store/index.ts';
import { untilEmpty } from '../support/images-there.ts';

let root = '';
let store: Store;
let snapshots: Snapshots;
let images: Images;
let events: ImageEvent[] = [];
let now = Date.parse('2026-01-02T03:04:05.678Z');

function open(): void {
  store = createStore({ dir: root, log: silent });
  snapshots = createSnapshots({ root, log: silent });
  images = createImages({
    store,
    snapshots,
    registry: createRegistry({ log: silent }),
    log: silent,
    clock: () => new Date(now),
  });
  events = [];
  images.subscribe((event) => events.push(event));
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tug-image-test-'));
  open();
});
afterEach(async () => {
  await snapshots.settled();
  store.close();
  rmSync(root, { recursive: true, force: true });
});

async function* streamed(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 4000) yield bytes.subarray(at, at + 4000);
}

async function all(messages: AsyncIterable<JSONMessage>): Promise<JSONMessage[]> {
  const list: JSONMessage[] = [];
  for await (const message of messages) list.push(message);
  return list;
}

const load = (archive: Uint8Array, quiet = true) => all(images.load(streamed(archive), { quiet }));

async function importTar(tar: Uint8Array, name = '', changes: string[] = []): Promise<string> {
  const [repository = '', tag = ''] = name.split(':');
  const options = { repository, tag, message: '', changes, source: '-' };
  return (await all(images.import(streamed(tar), options))).at(-1)?.status ?? '';
}

interface Made {
  id: string;
  config: Buffer;
  layers: Buffer[];
}
function make(layers: TarPart[][], extra: object = {}): Made {
  const tars = layers.map((parts) => makeTar(parts));
  const rootfs = { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) };
  const created = new Date(now).toISOString();
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', created, ...extra, rootfs }));
  return { id: digestOf(config), config, layers: tars };
}

const hex = (bytes: Uint8Array) => digestOf(bytes).slice(7);
const blob = (bytes: Uint8Array): TarPart => ({ name: `blobs/sha256/${hex(bytes)}`, data: bytes });

/** As `docker save` writes since 25: an OCI layout with a manifest.json. */
function saved(made: Made, tags: string[] | null): Buffer {
  const item = {
    Config: `blobs/sha256/${hex(made.config)}`,
    RepoTags: tags,
    Layers: made.layers.map((layer) => `blobs/sha256/${hex(layer)}`),
  };
  return makeTar([
    { name: 'blobs/', type: '5' },
    ...[made.config, ...made.layers].map(blob),
    { name: 'manifest.json', data: JSON.stringify([item]) },
  ]);
}

/** As it wrote before, a layer that came twice being a symlink. */
function savedOld(made: Made, tags: string[]): Buffer {
  const names = made.layers.map((_, index) => `${String(index).repeat(64)}/layer.tar`);
  const parts = made.layers.map((layer, index): TarPart => {
    const first = made.layers.findIndex((other) => other.equals(layer));
    if (first === index) return { name: names[index] ?? '', data: layer };
    return { name: names[index] ?? '', type: '2', linkName: `../${names[first]}` };
  });
  const item = { Config: `${hex(made.config)}.json`, RepoTags: tags, Layers: names };
  return makeTar([
    ...parts,
    { name: `${hex(made.config)}.json`, data: made.config },
    { name: 'manifest.json', data: JSON.stringify([item]) },
    { name: 'repositories', data: '{}' },
  ]);
}

const descriptor = (bytes: Uint8Array, mediaType: string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** An OCI layout as other tools write it, layers compressed. */
function ociLayout(made: Made, name?: string): Buffer {
  const layers = made.layers.map((layer, index) => (index % 2 ? zstdCompressSync(layer) : gzipSync(layer)));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: descriptor(made.config, 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map((layer) => descriptor(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')),
    }),
  );
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      manifests: [
        {
          ...descriptor(Buffer.from('other'), 'application/vnd.oci.image.manifest.v1+json'),
          platform: { os: 'linux', architecture: 'riscv64' },
        },
        {
          ...descriptor(manifest, 'application/vnd.oci.image.manifest.v1+json'),
          platform: { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' },
        },
      ],
    }),
  );
  const annotations = name ? { 'io.containerd.image.name': name } : {};
  const outer = {
    schemaVersion: 2,
    manifests: [{ ...descriptor(index, 'application/vnd.oci.image.index.v1+json'), annotations }],
  };
  return makeTar([
    { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', data: JSON.stringify(outer) },
    ...[made.config, manifest, index, ...layers].map(blob),
  ]);
}

const two = () =>
  make([
    [
      { name: 'bin/', type: '5' },
      { name: 'bin/a', data: 'aaa' },
    ],
    [{ name: 'b', data: 'bb' }],
  ]);

test('bytes that are not the layer they stand for are refused, though that layer is here', async () => {
  const made = two();
  await load(saved(made, ['box:1']));
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = made.layers;
  // One that can be unpacked as it comes by, and one that cannot, for it leans on those below it.
  for (const parts of [[{ name: 'other', data: 'x' }], [{ name: 'bin/deep/other', data: 'x' }]] as TarPart[][]) {
    const other = makeTar(parts);
    for (const bytes of [other, gzipSync(other)]) {
      const words = `expected ${JSON.stringify(digestOf(second))}, got ${JSON.stringify(digestOf(other))}`;
      const work = load(saved({ ...made, layers: [first, bytes] }, ['box:2']));
      await refused(work, 'invalid', `invalid diffID for layer 1: ${words}`);
    }
  }
  // The same layer, otherwise compressed, is what it says.
  await load(saved({ ...made, layers: [gzipSync(first), second] }, ['box:2']));
  expect(images.resolve('box:2').id).toBe(made.id);
});

async function refused(work: Promise<unknown>, kind: string, message: string): Promise<void> {
  const error = (await work.catch((error) => error)) as { kind: string; message: string };
  expect([error.kind, error.message]).toEqual([kind, message]);
}

/** Nothing on disk but an empty store. */
async function expectNothing(): Promise<void> {
  await snapshots.settled();
  await untilEmpty(join(root, 'blobs/tmp'));
  expect(await images.list({ all: true, filters: {}, sharedSize: false })).toEqual([]);
  expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([]);
  for (const dir of ['layers', 'incoming', 'doomed', 'l']) expect(readdirSync(join(root, 'overlay2', dir))).toEqual([]);
}

for (const [form, archive] of Object.entries({
  'of new form': (made: Made) => saved(made, ['box:1']),
  'of old form': (made: Made) => savedOld(made, ['box:1']),
  'of new form, gzip': (made: Made) => gzipSync(saved(made, ['box:1'])),
  'of old form, zstd': (made: Made) => zstdCompressSync(savedOld(made, ['box:1'])),
  'an OCI layout': (made: Made) => ociLayout(made, 'docker.io/library/box:1'),
})) {
  test(`an archive ${form} is loaded, and leaves nothing once removed`, async () => {
    const made = make([[{ name: 'a', data: 'aaa' }], [{ name: 'b', data: 'bb' }], [{ name: 'a', data: 'aaa' }]], {
      config: { Labels: { x: 'y' } },
    });
    expect(await load(archive(made))).toEqual([{ stream: 'Loaded image: box:1\n' }]);
    const image = images.resolve('box:1');
    expect(image.id).toBe(made.id);
    expect(image.layers).toEqual(made.layers.map((layer) => digestOf(layer)));
    expect(Buffer.from(await store.blobs.read(made.id)).equals(made.config)).toBe(true);
    expect(events).toEqual([{ action: 'load', id: made.id, name: made.id, labels: { x: 'y' } }]);
    await snapshots.create('c', image.layers);
    // The same layer twice, which the kernel would refuse.
    usingFd(snapshots.mount('c', { volatile: true }), (fd) => expect(statIn(fd, 'b')?.size).toBe(2));
    await snapshots.remove('c');
    await images.remove('box:1', { force: false, prune: true });
    await expectNothing();
  });
}

test('loading says what it does', async () => {
  const made = two();
  const messages = await load(saved(made, null), false);
  expect(messages.at(-1)).toEqual({ stream: `Loaded image ID: ${made.id}\n` });
  const total = made.layers[0]?.length ?? 0;
  // Layers are read side by side: which one speaks first is open.
  expect(messages).toContainEqual({
    id: digestOf(made.layers[0] ?? '').slice(7, 19),
    status: 'Loading layer',
    progressDetail: { current: total, total },
  });
  const other = make([[{ name: 'other' }]]);
  await load(saved(made, ['box:1', 'box:2']));
  expect(await load(saved(other, ['box:1']))).toEqual([
    { stream: `The image box:1 already exists, renaming the old one with ID ${made.id} to empty string\n` },
    { stream: 'Loaded image: box:1\n' },
  ]);
  expect(images.resolve('box:2').id).toBe(made.id);
});

const broken: [what: string, archive: (made: Made) => Uint8Array, message: string | RegExp][] = [
  ['cut off', (made) => saved(made, []).subarray(0, 3000), 'unexpected EOF'],
  ['cut off within gzip', (made) => gzipSync(saved(made, [])).subarray(0, 200), 'unexpected EOF'],
  ['no archive', () => Buffer.alloc(2048, 'text'), 'archive/tar: invalid tar header'],
  ['of no image', () => makeTar([{ name: 'bin/a', data: 'x' }]), 'open manifest.json: no such file or directory'],
  ['cut off within xz', () => Buffer.from('fd377a585a000000', 'hex'), /xz: \(stdin\): |exec: "xz"/],
  ['with bad JSON', () => makeTar([{ name: 'manifest.json', data: '[{' }]), 'invalid JSON'],
  [
    'with another layer',
    (made) => saved({ ...made, layers: made.layers.toReversed() }, []),
    'invalid diffID for layer 0',
  ],
  [
    'with a layer too few',
    (made) => saved({ ...made, layers: made.layers.slice(1) }, []),
    'invalid manifest, layers length mismatch: expected 1, got 2',
  ],
  ['with a bad tag', (made) => saved(made, ['Box:1']), 'must be lowercase'],
  ['without a config', () => makeTar([{ name: 'manifest.json', data: '[{}]' }]), 'has no Config'],
  ['for another system', () => saved(make([[]], { os: 'windows' }), []), 'cannot load windows image on linux'],
  ['with a config that is none', () => saved({ ...two(), config: Buffer.from('{}') }, []), 'no RootFS key'],
  [
    'with a layer that is no tar',
    () => {
      const bad = Buffer.alloc(1024, 'x');
      const rootfs = { type: 'layers', diff_ids: [digestOf(bad)] };
      const config = Buffer.from(JSON.stringify({ os: 'linux', rootfs }));
      return saved({ id: '', config, layers: [bad] }, []);
    },
    'invalid tar header',
  ],
  [
    'a second image of which is broken',
    (made) => {
      const item = {
        Config: `blobs/sha256/${hex(made.config)}`,
        RepoTags: [],
        Layers: made.layers.map((layer) => `blobs/sha256/${hex(layer)}`),
      };
      const missing = { ...item, Layers: ['nowhere', 'nowhere'] };
      const data = JSON.stringify([item, missing]);
      return makeTar([...[made.config, ...made.layers].map(blob), { name: 'manifest.json', data }]);
    },
    'open nowhere: no such file or directory',
  ],
];
for (const [what, archive, message] of broken) {
  test(`an archive ${what} is refused and leaves no trace`, async () => {
    await expect(load(archive(two()))).rejects.toThrow(message);
    await expectNothing();
    expect(events).toEqual([]);
  });
}

test('an archive of an image without layers, as Go’s programs write it', async () => {
  for (const rootfs of [{ type: 'layers', diff_ids: null }, { type: 'layers' }]) {
    const config = Buffer.from(JSON.stringify({ os: 'linux', config: { Labels: { of: 'nothing' } }, rootfs }));
    const said = await load(saved({ id: digestOf(config), config, layers: [] }, null));
    expect(said.map(({ stream }) => stream)).toEqual([`Loaded image ID: ${digestOf(config)}\n`]);
    expect((await images.inspect(digestOf(config))).RootFS).toMatchObject({ Type: 'layers' });
    await images.remove(digestOf(config), { force: false, prune: true });
  }
  await expectNothing();
});

test('an import is an image of one layer, with the config Docker would give it', async () => {
  const tar = makeTar([
    { name: 'a', data: 'aaa' },
    { name: 'l', type: '2', linkName: 'a' },
  ]);
  const id = await importTar(gzipSync(tar), 'box:1', ['CMD ["sh"]', 'LABEL x=y']);
  expect(events.map(({ action, name }) => [action, name])).toEqual([
    ['tag', 'box:1'],
    ['import', id],
  ]);
  const { Id, Size, Comment, Created, RepoTags, Config, RootFS, GraphDriver } = await images.inspect('box:1');
  expect({ Id, Size, Comment, Created, RepoTags }).toEqual({
    Id: id,
    Size: 4,
    Comment: 'Imported from -',
    Created: '2026-01-02T03:04:05.678Z',
    RepoTags: ['box:1'],
  });
  expect(Config as object).toEqual({
    Cmd: ['sh'],
    Entrypoint: null,
    Env: null,
    Labels: { x: 'y' },
    OnBuild: null,
    User: '',
    Volumes: null,
    WorkingDir: '',
  });
  expect(RootFS?.Layers).toEqual([digestOf(tar)]);
  expect(Object.keys(GraphDriver?.Data ?? {})).toEqual(['MergedDir', 'UpperDir', 'WorkDir']);
  expect(images.history('box:1')).toEqual([
    { Comment: 'Imported from -', Created: 1767323045, CreatedBy: '', Id: id, Size: 4, Tags: ['box:1'] },
  ]);
  const config = JSON.parse(Buffer.from(await store.blobs.read(id)).toString());
  expect(config.config).toMatchObject({ Hostname: '', Image: '', StdinOnce: false, Env: null });
});

test('what a URL names is imported, with a word of how much has come', async () => {
  const tar = makeTar([{ name: 'hello', data: 'world' }]);
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => new Response(url.endsWith('/rootfs.tar.gz') ? gzipSync(tar) : 'no archive'),
  });
  const at = `127.0.0.1:${server.port}`;
  const options = { repository: 'box', tag: '1', message: '', changes: [], signal: new AbortController().signal };
  try {
    const size = gzipSync(tar).length;
    expect(await all(images.importUrl(`${at}/rootfs.tar.gz`, options))).toEqual([
      { status: `Downloading from http://${at}/rootfs.tar.gz` },
      { status: 'Importing', progressDetail: { current: size, total: size } },
      { status: images.resolve('box:1').id },
    ]);
    const { Comment, RootFS } = await images.inspect('box:1');
    expect([Comment, RootFS?.Layers]).toEqual([`Imported from http://${at}/rootfs.tar.gz`, [digestOf(tar)]]);
    await expect(all(images.importUrl(`http://${at}/other`, options))).rejects.toThrow('unexpected EOF');
    // Before anything is fetched the name has to be one.
    await expect(all(images.importUrl('http://127.0.0.1:1/x', { ...options, repository: 'UPPER' }))).rejects.toThrow(
      'repository name',
    );
  } finally {
    await server.stop(true);
  }
});

test('a broken import is refused in Docker’s words and leaves no trace', async () => {
  const tar = makeTar([{ name: 'a', data: 'x'.repeat(3000) }]);
  await refused(importTar(tar.subarray(0, 1000)), 'internal', 'unexpected EOF');
  await refused(importTar(Buffer.alloc(5000, 1)), 'internal', 'archive/tar: invalid tar header');
  await refused(importTar(tar, 'box:-x'), 'invalid', 'invalid tag format');
  await refused(importTar(tar, 'box@sha256'), 'invalid', 'invalid reference format');
  await refused(importTar(tar, 'box', ['RUN x']), 'invalid', 'RUN is not a valid change command');
  await expectNothing();
});

test('images are found by name, id and unique prefix', async () => {
  const made = two();
  await load(saved(made, ['box:1', 'reg.example/a/b:c']));
  for (const text of [
    'box:1',
    'docker.io/library/box:1',
    'reg.example/a/b:c',
    made.id,
    made.id.slice(7),
    made.id.slice(7, 19),
    made.id.slice(0, 15),
  ]) {
    expect(images.resolve(text).id).toBe(made.id);
  }
  const refused = { kind: 'notFound', message: 'No such image: box:latest' };
  expect(() => images.resolve('box')).toThrow(expect.objectContaining(refused));
  expect(() => images.resolve('Box')).toThrow(expect.objectContaining({ kind: 'invalid' }));
  const missing = `sha256:${'0'.repeat(64)}`;
  expect(() => images.resolve(missing)).toThrow(`No such image: ${missing}`);
});

test('the list has its filters', async () => {
  const old = two();
  await load(saved(old, ['box:1', 'team/app:v1']));
  now += 1_000_000;
  const dangling = await importTar(makeTar([{ name: 'x' }]), '', ['LABEL x=y']);
  const ids = async (filters: Record<string, string[]>) =>
    (await images.list({ all: false, filters, sharedSize: false })).map((image) => image.Id);
  expect(await ids({})).toEqual([dangling, old.id]);
  expect(await ids({ dangling: ['true'] })).toEqual([dangling]);
  expect(await ids({ dangling: ['0'] })).toEqual([old.id]);
  expect(await ids({ label: ['x'] })).toEqual([dangling]);
  expect(await ids({ label: ['x=z'] })).toEqual([]);
  expect(await ids({ 'label!': ['x=y'] })).toEqual([old.id]);
  expect(await ids({ since: ['box:1'] })).toEqual([dangling]);
  expect(await ids({ before: [dangling] })).toEqual([old.id]);
  expect(await ids({ until: ['10m'] })).toEqual([old.id]);
  expect(await ids({ until: ['1970-01-01T00:00:00Z'] })).toEqual([]);
  for (const pattern of ['box', 'b?x:*', 'team/*', '[a-c]ox', '*/*:v1']) {
    expect(await ids({ reference: [pattern] })).toEqual([old.id]);
  }
  expect(await ids({ reference: ['*'] })).toEqual([old.id]);
  expect(await ids({ reference: ['app'] })).toEqual([]);
  const [shown] = await images.list({
    all: false,
    filters: { reference: ['team/*'] },
    sharedSize: true,
    containerCount: true,
  });
  expect(shown).toMatchObject({
    RepoTags: ['team/app:v1'],
    RepoDigests: [],
    Containers: 0,
    SharedSize: 0,
    Size: 5,
    Labels: null as never,
  });
  const wrong: [Record<string, string[]>, string][] = [
    [{ foo: ['x'] }, "invalid filter 'foo'"],
    [{ dangling: ['x'] }, "invalid filter 'dangling=[x]'"],
    [{ before: ['no'] }, 'No such image: no:latest'],
    [{ until: ['zz'] }, 'failed to parse value as time or duration: "zz"'],
    [{ reference: ['['] }, 'syntax error in pattern'],
  ];
  for (const [filters, message] of wrong) await expect(ids(filters)).rejects.toThrow(message);
});

test('a name is given, moved and taken; the last one takes the image along', async () => {
  const made = two();
  await load(saved(made, ['box:1']));
  images.tag('box:1', 'other', '');
  images.tag(made.id, 'reg.example/x', 'y');
  expect(() => images.tag('box:1', 'x@sha256:'.padEnd(73, 'a'), '')).toThrow('refusing to create a tag with a digest');
  expect(() => images.tag('nope', 'x', '')).toThrow('No such image: nope:latest');
  const remove = (name: string, force = false) => images.remove(name, { force, prune: true });
  expect(await remove('box:1')).toEqual([{ Untagged: 'box:1' }]);
  const short = made.id.slice(7, 19);
  await expect(remove(made.id)).rejects.toThrow(
    `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
  );
  expect(await remove('other')).toEqual([{ Untagged: 'other:latest' }]);
  const [first, second] = made.layers.map((layer) => digestOf(layer));
  expect(await remove(short)).toEqual([
    { Untagged: 'reg.example/x:y' },
    { Deleted: made.id },
    { Deleted: digestOf(`${first} ${second}`) },
    { Deleted: first ?? '' },
  ]);
  expect(events.map((event) => event.action)).toEqual(['load', 'tag', 'tag', 'untag', 'untag', 'untag', 'delete']);
  await expectNothing();
});

test('what containers use stays, in Docker’s words', async () => {
  const made = two();
  await load(saved(made, ['box:1']));
  const container = 'c'.repeat(64);
  const short = made.id.slice(7, 19);
  const use = (note: string) =>
    store.update(({ refs }) => refs.add(`container:${container}`, `image:${made.id}`, note));
  const remove = (name: string, force: boolean) => images.remove(name, { force, prune: true });
  use('');
  await expect(remove('box:1', false)).rejects.toThrow(
    `conflict: unable to remove repository reference "box:1" (must force) - container cccccccccccc is using its referenced image ${short}`,
  );
  await expect(remove(made.id, false)).rejects.toThrow(
    `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container cccccccccccc`,
  );
  use('running');
  await expect(remove(made.id, true)).rejects.toThrow(
    `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container cccccccccccc`,
  );
  expect(await remove('box:1', true)).toEqual([{ Untagged: 'box:1' }]);
  await snapshots.create(container, images.resolve(made.id).layers);
  use('');
  expect(await remove(made.id, true)).toEqual([{ Deleted: made.id }]);
  const fd = snapshots.mount(container, { volatile: false });
  expect(fd).toBeGreaterThan(0);
  closeSync(fd);
  await snapshots.remove(container);
  await expectNothing();
});

test('of the names of an image that is in use, a prune leaves the last in their order', async () => {
  const made = two();
  await load(saved(made, ['box:latest']));
  images.tag('box:latest', 'box', 'b');
  images.tag('box:latest', 'box', 'a');
  store.update(({ refs }) => refs.add(`container:${'c'.repeat(64)}`, `image:${made.id}`, ''));
  const { ImagesDeleted } = await images.prune({ dangling: ['false'] });
  expect(ImagesDeleted).toEqual([{ Untagged: 'box:a' }, { Untagged: 'box:b' }]);
  store.update(({ refs }) => refs.remove(`container:${'c'.repeat(64)}`, `image:${made.id}`));
  await images.remove('box', { force: false, prune: true });
  await expectNothing();
});

test('layers that other images need stay', async () => {
  const shared: TarPart[] = [{ name: 'base', data: 'base' }];
  const one = make([shared, [{ name: 'one' }]]);
  const other = make([shared, [{ name: 'other' }]]);
  await load(saved(one, ['one:1']));
  await load(saved(other, ['other:1']));
  const items = await images.remove('one:1', { force: false, prune: true });
  expect(items).toHaveLength(3);
  await snapshots.create('c', images.resolve('other:1').layers);
  const [summary] = await images.list({ all: true, filters: {}, sharedSize: true });
  expect(summary).toMatchObject({ SharedSize: 0, Size: 4 });
  await snapshots.remove('c');
});

test('a start collects what no image names, and unpacks again what is missing', async () => {
  const made = two();
  await load(saved(made, ['box:1']));
  await store.blobs.ingest(streamed(Buffer.from('nobody needs this')));
  const stray = makeTar([{ name: 'stray' }]);
  await snapshots.applyLayer({ parents: [], tar: streamed(stray) });
  await snapshots.removeLayer(digestOf(made.layers[0] ?? ''));
  await snapshots.settled();
  store.close();
  open();
  await images.collect();
  await snapshots.settled();
  expect(store.blobs.all().toSorted()).toEqual(
    [made.config, ...made.layers].map((bytes) => digestOf(bytes)).toSorted(),
  );
  expect(readdirSync(join(root, 'overlay2/layers'))).toHaveLength(2);
  await snapshots.create('c', images.resolve('box:1').layers);
  await snapshots.remove('c');
});

test('two loads at once, one of them broken, and a removal meanwhile do not take from each other', async () => {
  const made = two();
  await load(saved(made, ['box:1']));
  const bad = saved(made, ['Bad:1']);
  const results = await Promise.allSettled([
    load(saved(made, ['box:2'])),
    load(bad),
    images.remove('box:1', { force: false, prune: true }),
    load(savedOld(made, ['box:3'])),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  await snapshots.settled();
  expect(images.resolve('box:2').id).toBe(made.id);
  await snapshots.create('c', images.resolve('box:3').layers);
  await snapshots.remove('c');
  expect(store.blobs.all()).toHaveLength(3);
});
