import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { JSONMessage } from '../../src/api/index.ts';
import { statIn, usingFd } from '../../src/host/index.ts';
import { createImages, type ImageEvent, type Images } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { parseReference } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { type SmallRegistry, startSmallRegistry } from '../../src/registry/testing/small-registry.ts';
import { createSnapshots, type Snapshots } from '../../src/snapshot/index.ts';
import { createStore, type Store } from '../../src/store/index.ts';

let root = '';
let small: SmallRegistry;
let store: Store;
let snapshots: Snapshots;
let images: Images;
let events: ImageEvent[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tug-pull-test-'));
  small = startSmallRegistry();
  store = createStore({ dir: root, log: silent });
  snapshots = createSnapshots({ root, log: silent });
  const registry = createRegistry({ log: silent, pause: async () => undefined });
  images = createImages({ store, snapshots, registry, log: silent });
  events = [];
  images.subscribe((event) => events.push(event));
});
afterEach(async () => {
  await snapshots.settled();
  store.close();
  await small.close();
  rmSync(root, { recursive: true, force: true });
});

const never = new AbortController().signal;
const layers = [
  makeTar([{ name: 'a', data: 'below' }]),
  makeTar([{ name: 'implied/b', data: 'middle' }]),
  makeTar([
    { name: 'c', data: 'top' },
    { name: 'hard', type: '1', linkName: 'a' },
  ]),
] as const;

const gzip = 'application/vnd.oci.image.layer.v1.tar+gzip';
const zstd = 'application/vnd.oci.image.layer.v1.tar+zstd';

/** An image of one plain layer, one of gzip and one of zstd, the last with a hard link to the first. */
function serve(name: string): string {
  const [plain, packed, newer] = layers;
  return small.image(name, [
    { tar: plain },
    { tar: packed, packed: gzipSync(packed), mediaType: gzip },
    { tar: newer, packed: zstdCompressSync(newer), mediaType: zstd },
  ]);
}

async function told(messages: AsyncIterable<JSONMessage>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { id, status, progressDetail } of messages) {
    const isBar = progressDetail && Object.keys(progressDetail).length > 0;
    if (status !== undefined && !isBar) lines.push(id === undefined ? status : `${id}: ${status}`);
  }
  return lines;
}

const pull = (name: string, signal: AbortSignal = never) =>
  told(images.pull({ reference: parseReference(`${small.host}/${name}`), signal }));
const push = (name: string) => told(images.push({ reference: parseReference(`${small.host}/${name}`), signal: never }));

test('layers of every kind arrive and make one tree', async () => {
  const digest = serve('box:1');
  const lines = await pull('box:1');
  expect(lines[0]).toBe('1: Pulling from box');
  expect(lines.filter((line) => line.endsWith('Pulling fs layer'))).toHaveLength(3);
  expect(lines.filter((line) => line.endsWith('Pull complete'))).toHaveLength(3);
  expect(lines.slice(-2)).toEqual([`Digest: ${digest}`, `Status: Downloaded newer image for ${small.host}/box:1`]);
  const image = await images.inspect(`${small.host}/box:1`);
  expect([image.RepoTags, image.RepoDigests]).toEqual([[`${small.host}/box:1`], [`${small.host}/box@${digest}`]]);
  usingFd(snapshots.viewImage(images.resolve(`${small.host}/box@${digest}`).layers), (fd) => {
    expect(statIn(fd, 'hard')?.size).toBe(5);
    expect(statIn(fd, 'implied/b')?.size).toBe(6);
  });
  expect(events.map(({ action, id, name }) => [action, id, name])).toEqual([
    ['pull', `${small.host}/box:1`, `${small.host}/box`],
  ]);
});

test('what is here is not fetched again, whatever it is called', async () => {
  serve('box:1');
  await pull('box:1');
  small.asked.length = 0;
  expect((await pull('box:1')).at(-1)).toBe(`Status: Image is up to date for ${small.host}/box:1`);
  const digest = serve('other:2');
  expect((await pull(`other@${digest}`)).slice(0, 1)).toEqual([`${small.host}/other@${digest}: Pulling from other`]);
  expect(small.asked.filter((line) => line.includes('/blobs/'))).toEqual([]);
  expect((await images.inspect(`${small.host}/other@${digest}`)).RepoTags).toEqual([`${small.host}/box:1`]);
});

test('layers that an image here has are not fetched for another', async () => {
  serve('box:1');
  await pull('box:1');
  const [plain] = layers;
  small.image('small:1', [{ tar: plain }]);
  small.asked.length = 0;
  const lines = await pull('small:1');
  expect(lines[1]?.endsWith('Already exists')).toBe(true);
  expect(small.asked.filter((line) => line.includes('/blobs/'))).toHaveLength(1);
});

test('a layer that is here is taken over while those below it are on their way', async () => {
  const [upper] = layers;
  small.image('one:1', [{ tar: upper }]);
  await pull('one:1');
  const lower = makeTar([{ name: 'below', data: 'on its way' }]);
  small.image('two:1', [{ tar: lower, packed: gzipSync(lower), mediaType: gzip }, { tar: upper }]);
  const lines = await pull('two:1');
  expect(lines.filter((line) => line.endsWith('Already exists'))).toHaveLength(1);
  expect(lines.at(-1)).toBe(`Status: Downloaded newer image for ${small.host}/two:1`);
});

test('all tags of a repository', async () => {
  serve('box:1');
  small.image('box:2', [{ tar: layers[0] }]);
  const lines = await pull('box');
  expect(lines.filter((line) => line.endsWith('Pulling from box'))).toEqual([
    '1: Pulling from box',
    '2: Pulling from box',
  ]);
  expect(lines.at(-1)).toBe(`Status: Downloaded newer image for ${small.host}/box`);
  expect(
    (await images.list({ all: false, filters: {}, sharedSize: false })).flatMap((image) => image.RepoTags).toSorted(),
  ).toEqual([`${small.host}/box:1`, `${small.host}/box:2`]);
});

test('of a list the manifest of the platform', async () => {
  const amd64 = serve('box:amd64');
  const arm64 = small.image('box:arm64', [{ tar: layers[0] }], { architecture: 'arm64' });
  const entry = (digest: string, architecture: string) => {
    const { mediaType, bytes } = small.manifests.get(`box@${digest}`) ?? { mediaType: '', bytes: new Uint8Array() };
    return { mediaType, digest, size: bytes.length, platform: { os: 'linux', architecture } };
  };
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const { digest } = small.manifest('box:1', {
    schemaVersion: 2,
    mediaType,
    manifests: [entry(arm64, 'arm64'), entry(amd64, process.arch === 'arm64' ? 'none' : 'amd64')],
  });
  const reference = parseReference(`${small.host}/box:1`);
  await told(images.pull({ reference, platforms: [{ os: 'linux', architecture: 'arm64' }], signal: never }));
  const found = await images.inspect(`${small.host}/box:1`);
  expect([found.Architecture, found.RepoDigests]).toEqual(['arm64', [`${small.host}/box@${digest}`]]);
  const riscv = images.pull({ reference, platforms: [{ os: 'linux', architecture: 'riscv64' }], signal: never });
  await expect(told(riscv)).rejects.toThrow('no matching manifest for linux/riscv64 in the manifest list entries');
});

const gone = { mediaType: gzip, digest: `sha256:${'d'.repeat(64)}`, size: 3 };
const broken: [what: string, prepare: () => void, words: string][] = [
  ['a layer that is not there', () => change((manifest) => void manifest.layers.splice(2, 1, gone)), 'unknown blob'],
  [
    'more layers than the config says',
    () => change((manifest) => manifest.layers.push(manifest.layers[0])),
    "layers from manifest don't match image configuration",
  ],
  [
    'layers in another order',
    () => change((manifest) => void manifest.layers.unshift(...manifest.layers.splice(1, 1))),
    "layers from manifest don't match image configuration",
  ],
  [
    'a foreign layer',
    () => change((manifest) => Object.assign(manifest.layers[0] ?? {}, { mediaType: foreign })),
    'is a foreign layer',
  ],
];
const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

function change(edit: (manifest: { layers: unknown[] }) => void): void {
  const document = JSON.parse(Buffer.from(small.manifests.get('box:1')?.bytes ?? []).toString());
  edit(document);
  small.manifest('box:1', document);
}

for (const [what, prepare, words] of broken) {
  test(`${what} is told, and leaves no trace`, async () => {
    serve('box:1');
    prepare();
    await expect(pull('box:1')).rejects.toThrow(words);
    await snapshots.settled();
    expect(store.blobs.all()).toEqual([]);
    expect(readdirSync(join(root, 'overlay2/layers'))).toEqual([]);
    expect(await images.list({ all: true, filters: {}, sharedSize: false })).toEqual([]);
  });
}

test('who leaves ends the pull; the next one gets it', async () => {
  serve('box:1');
  const leaving = new AbortController();
  small.fault = (_, { pathname }) => {
    if (pathname.includes('/blobs/')) leaving.abort(new Error('left'));
    return undefined;
  };
  await expect(pull('box:1', leaving.signal)).rejects.toThrow('left');
  await pull('box:1', leaving.signal).catch(() => undefined);
  small.fault = undefined;
  expect((await pull('box:1')).at(-1)).toStartWith('Status: Downloaded newer image');
});

test('what was pulled is pushed elsewhere as it came', async () => {
  const other = startSmallRegistry();
  try {
    const digest = serve('box:1');
    await pull('box:1');
    images.tag(`${small.host}/box:1`, `${other.host}/mine`, 'new');
    const reference = parseReference(`${other.host}/mine:new`);
    const lines = await told(images.push({ reference, signal: never }));
    expect(lines[0]).toBe(`The push refers to repository [${other.host}/mine]`);
    expect(lines.filter((line) => line.endsWith(': Pushed'))).toHaveLength(3);
    const { length } = other.manifests.get('mine:new')?.bytes ?? [];
    expect(lines.at(-1)).toBe(`new: digest: ${digest} size: ${length}`);
    expect([...other.blobs.keys()].toSorted()).toEqual([...small.blobs.keys()].toSorted());
    const { RepoDigests } = await images.inspect(`${other.host}/mine:new`);
    expect(RepoDigests).toContain(`${other.host}/mine@${digest}`);
  } finally {
    await other.close();
  }
});

test('a plain layer is compressed on its way, the same each time; what is there is not sent', async () => {
  async function* tar() {
    yield layers[0];
  }
  const options = { repository: `${small.host}/made`, tag: '1', message: '', changes: [], source: '-' };
  await told(images.import(tar(), options));
  const first = await push('made:1');
  expect(first.filter((line) => line.endsWith('Pushed'))).toHaveLength(1);
  const again = await push('made:1');
  expect(again.filter((line) => line.endsWith('Layer already exists'))).toHaveLength(1);
  expect(again.at(-1)).toBe(first.at(-1) ?? '');
  images.tag(`${small.host}/made:1`, `${small.host}/more`, '1');
  small.fault = (request) => (request.method === 'HEAD' ? new Response(null, { status: 404 }) : undefined);
  expect(await push('more:1')).toContain(`${first[1]?.slice(0, 12)}: Mounted from made`);
  small.fault = undefined;
  await images.remove(`${small.host}/made:1`, { force: true, prune: true });
  await images.remove(`${small.host}/more:1`, { force: true, prune: true });
  await pull('made:1');
  usingFd(snapshots.viewImage(images.resolve(`${small.host}/made:1`).layers), (fd) => {
    expect(statIn(fd, 'a')?.size).toBe(5);
  });
});

test('what cannot be pushed', async () => {
  serve('box:1');
  await pull('box:1');
  const missing = `An image does not exist locally with the tag: ${small.host}/none`;
  await expect(push('none:1')).rejects.toThrow(missing);
  await expect(push('box:2')).rejects.toThrow(`tag does not exist: ${small.host}/box:2`);
  await expect(push(`box@sha256:${'a'.repeat(64)}`)).rejects.toThrow('cannot push a digest reference');
  small.fault = (request) =>
    request.method === 'PUT' ? Response.json({ errors: [{ code: 'DENIED' }] }, { status: 403 }) : undefined;
  await expect(push('box:1')).rejects.toThrow('denied');
  await push('box:1').catch(() => undefined);
});
