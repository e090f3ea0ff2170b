import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { JSONMessage } from '../../src/api/index.ts';
import { createImages, type Images } from '../../src/image/index.ts';
import { silent } from '../../src/kit/index.ts';
import { type Descriptor, hostPlatform, type Platform, parsePlatform, parseReference } from '../../src/oci/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { type SmallRegistry, startSmallRegistry } from '../../src/registry/testing/small-registry.ts';
import { createSnapshots, type Snapshots } from '../../src/snapshot/index.ts';
import { createStore, type Store } from '../../src/store/index.ts';

interface Engine {
  root: string;
  store: Store;
  snapshots: Snapshots;
  images: Images;
}

let small: SmallRegistry;
let engine: Engine;
const engines: Engine[] = [];

function newEngine(): Engine {
  const root = mkdtempSync(join(tmpdir(), 'tug-platforms-test-'));
  const store = createStore({ dir: root, log: silent });
  const snapshots = createSnapshots({ root, log: silent });
  const registry = createRegistry({ log: silent, pause: async () => undefined });
  const made = { root, store, snapshots, images: createImages({ store, snapshots, registry, log: silent }) };
  engines.push(made);
  return made;
}

beforeEach(() => {
  small = startSmallRegistry();
  engine = newEngine();
});
afterEach(async () => {
  for (const { root, store, snapshots } of engines.splice(0)) {
    await snapshots.settled();
    store.close();
    rmSync(root, { recursive: true, force: true });
  }
  await small.close();
});

const never = new AbortController().signal;
const host = hostPlatform();
const arm: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
const s390x: Platform = { os: 'linux', architecture: 's390x' };
const gzip = 'application/vnd.oci.image.layer.v1.tar+gzip';
const shared = makeTar([{ name: 'shared', data: 'the same for all' }]);

/** An image of one platform as an entry of a list: a layer that all have, and one of its own. */
function entry(platform: Platform): Descriptor {
  const own = makeTar([{ name: 'platform', data: JSON.stringify(platform) }]);
  const layers = [shared, own].map((tar) => ({ tar, packed: gzipSync(tar), mediaType: gzip }));
  const digest = small.image('multi:part', layers, platform);
  const { mediaType, bytes } = small.manifests.get(`multi@${digest}`) ?? { mediaType: '', bytes: new Uint8Array() };
  small.manifests.delete('multi:part');
  return { mediaType, digest, size: bytes.length, platform };
}

/** What a builder says of an image, as it puts it into a list. */
function attestation(of: Descriptor): Descriptor {
  const config = small.blob('{"architecture":"unknown","os":"unknown"}', 'application/vnd.oci.image.config.v1+json');
  const layer = small.blob('{"predicate":{}}', 'application/vnd.in-toto+json');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const made = small.manifest('multi:part', { schemaVersion: 2, mediaType, config, layers: [layer] });
  small.manifests.delete('multi:part');
  const annotations = {
    'vnd.docker.reference.digest': of.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return { ...made, annotations, platform: { os: 'unknown', architecture: 'unknown' } };
}

/** A list under a name; its digest. */
function list(name: string, manifests: Descriptor[]): string {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return small.manifest(name, { schemaVersion: 2, mediaType, manifests }).digest;
}

async function all(messages: AsyncIterable<JSONMessage>): Promise<JSONMessage[]> {
  const told: JSONMessage[] = [];
  for await (const message of messages) told.push(message);
  return told;
}

const named = (name: string) => `${small.host}/${name}`;
const pull = (name: string, platforms?: Platform[] | 'all', at = engine) =>
  all(at.images.pull({ reference: parseReference(named(name)), signal: never, ...(platforms && { platforms }) }));
const push = (name: string, platform?: Platform) =>
  all(engine.images.push({ reference: parseReference(named(name)), signal: never, ...(platform && { platform }) }));
const statusOf = (messages: JSONMessage[]) => messages.flatMap(({ status, id }) => (status && !id ? [status] : []));

/** Which platforms of a name are here. */
async function present(name: string, at = engine): Promise<string[]> {
  const { Manifests } = await at.images.inspect(named(name), { manifests: true });
  return (Manifests ?? [])
    .filter(({ Available }) => Available)
    .map(({ Kind, ImageData: data }) => (Kind === 'image' ? `${data?.Platform?.architecture}` : Kind));
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('platforms of one list are kept beside each other, and the host has its own', async () => {
  const digest = list('multi:1', [entry(s390x), entry(arm), entry(host)]);
  await pull('multi:1', [arm]);
  const alone = engine.images.resolve(named('multi:1'));
  expect(alone.config.architecture).toBe('arm');
  expect(statusOf(await pull('multi:1')).at(-1)).toBe(`Status: Downloaded newer image for ${named('multi:1')}`);
  expect(statusOf(await pull('multi:1')).at(-1)).toBe(`Status: Image is up to date for ${named('multi:1')}`);
  expect(engine.images.resolve(named('multi:1')).config.architecture).toBe(host.architecture);
  expect(engine.images.resolve(named('multi:1'), arm).id).toBe(alone.id);
  expect(await present('multi:1')).toEqual(['arm', host.architecture]);
  const shown = await engine.images.inspect(named('multi:1'), { platform: arm });
  expect([shown.Id, shown.RepoTags, shown.RepoDigests]).toEqual([
    alone.id,
    [named('multi:1')],
    [named(`multi@${digest}`)],
  ]);
  expect(engine.images.history(named('multi:1'), arm)).toEqual([]);
  expect(() => engine.images.resolve(named('multi:1'), s390x)).toThrow(
    `image with reference ${named('multi:1')} was found but does not provide the specified platform (linux/s390x)`,
  );
  const [only, ...more] = await engine.images.list({ all: true, filters: {}, sharedSize: false, manifests: true });
  expect([only?.RepoTags, only?.Descriptor?.digest, only?.Manifests?.length, more]).toEqual([
    [named('multi:1')],
    digest,
    3,
    [],
  ]);
});

test('a whole list travels: pulled, pushed, saved and loaded under one digest', async () => {
  const own = entry(host);
  const nested = list('multi:nested', [entry(arm), entry(s390x)]);
  const nestedEntry = small.manifests.get(`multi@${nested}`);
  small.manifests.delete('multi:nested');
  const digest = list('multi:1', [
    own,
    attestation(own),
    { mediaType: nestedEntry?.mediaType ?? '', digest: nested, size: nestedEntry?.bytes.length ?? 0 },
  ]);
  await pull('multi:1', 'all');
  expect(await present('multi:1')).toEqual([host.architecture, 'attestation', 'arm', 's390x']);
  engine.images.tag(named('multi:1'), named('other'), '2');
  small.manifests.clear();
  expect(statusOf(await push('other:2')).at(-1)).toContain(`2: digest: ${digest} size:`);
  expect([...small.manifests.keys()].filter((name) => name.includes('@'))).toHaveLength(6);
  const archive = await bytesOf(engine.images.save([named('multi:1')]));
  const other = newEngine();
  const lines = await all(other.images.load(once(archive), { quiet: true }));
  expect(lines).toEqual([{ stream: `Loaded image: ${named('multi:1')}\n` }]);
  expect(await present('multi:1', other)).toEqual([host.architecture, 'attestation', 'arm', 's390x']);
  expect((await other.images.inspect(named('multi:1'))).Descriptor?.digest).toBe(digest);
  expect(await bytesOf(other.images.save([named('multi:1')]))).toEqual(archive);
});

test('of a list that is not here whole the image of this host goes, and says so', async () => {
  const own = entry(host);
  const digest = list('multi:1', [own, entry(arm)]);
  await pull('multi:1');
  engine.images.tag(named('multi:1'), named('other'), '2');
  const messages = await push('other:2');
  expect(statusOf(messages).at(-1)).toContain(`2: digest: ${own.digest} size: ${own.size}`);
  expect((messages as { aux?: object }[]).find(({ aux }) => aux)?.aux).toMatchObject({
    manifestPushedInsteadOfIndex: true,
    originalIndex: { digest },
    selectedManifest: { digest: own.digest },
  });
  await pull('multi:1', 'all');
  const one = await push('other:2', arm);
  expect(small.manifests.get('other:2')?.bytes).toEqual(
    small.manifests.get(`multi@${entry(arm).digest}`)?.bytes ?? Buffer.of(),
  );
  expect(statusOf(one).at(-1)).toContain(entry(arm).digest);
});

test('one platform is saved and loaded alone', async () => {
  list('multi:1', [entry(host), entry(arm)]);
  await pull('multi:1', 'all');
  const archive = await bytesOf(engine.images.save([named('multi:1')], arm));
  const other = newEngine();
  await all(other.images.load(once(archive), { quiet: true }));
  expect(other.images.resolve(named('multi:1')).config.architecture).toBe('arm');
  const whole = await bytesOf(engine.images.save([named('multi:1')]));
  const third = newEngine();
  await all(third.images.load(once(whole), { quiet: true, platform: arm }));
  expect(await present('multi:1', third)).toEqual(['arm']);
  expect(() => third.images.resolve(named('multi:1'), host)).toThrow('does not match the specified platform');
  await expect(bytesOf(engine.images.save([named('multi:1')], s390x))).rejects.toThrow(
    'no suitable export target found for platform linux/s390x',
  );
});

const remove = (name: string, options: { force?: boolean; platforms?: Platform[] } = {}) =>
  engine.images.remove(name, { force: false, prune: true, ...options });

test('platforms are removed one by one, the list with the last name', async () => {
  list('multi:1', [entry(host), entry(arm), entry(s390x)]);
  await pull('multi:1', 'all');
  const id = engine.images.resolve(named('multi:1'), arm).id;
  await expect(remove(named('multi:1'), { platforms: [arm] })).rejects.toThrow(
    'Content will be removed from all images',
  );
  await expect(remove(id)).rejects.toThrow(`(must be forced) - image is a platform of ${named('multi:1')}`);
  const removed = await remove(named('multi:1'), { platforms: [arm], force: true });
  expect(removed.slice(0, 2)).toEqual([{ Deleted: entry(arm).digest }, { Deleted: id }]);
  expect(await present('multi:1')).toEqual([host.architecture, 's390x']);
  await remove(engine.images.resolve(named('multi:1'), s390x).id, { force: true });
  expect(await present('multi:1')).toEqual([host.architecture]);
  await pull('multi:1', 'all');
  engine.images.tag(named('multi:1'), 'kept', '1');
  await remove(named('multi:1'));
  expect(engine.images.resolve('kept:1', s390x).config.architecture).toBe('s390x');
  const last = await remove('kept:1');
  expect(last.filter(({ Untagged }) => Untagged)).toEqual([{ Untagged: 'kept:1' }]);
  expect(engine.store.blobs.all()).toEqual([]);
  expect(engine.snapshots.unpacked()).toEqual([]);
});

test('a platform that a container uses stays', async () => {
  list('multi:1', [entry(host), entry(arm)]);
  await pull('multi:1', 'all');
  const id = engine.images.resolve(named('multi:1'), arm).id;
  engine.store.update(({ refs }) => refs.add(`container:${'c'.repeat(64)}`, `image:${id}`));
  await expect(remove(named('multi:1'))).rejects.toThrow('container cccccccccccc is using its referenced image');
  await expect(remove(named('multi:1'), { platforms: [arm], force: true })).resolves.toBeArray();
  await remove(named('multi:1'), { force: true });
  expect((await engine.images.prune({ dangling: ['false'] })).ImagesDeleted).toEqual([]);
});

test('what prune removes of a list, and what a moved tag leaves', async () => {
  list('multi:1', [entry(host), entry(arm)]);
  await pull('multi:1', 'all');
  expect((await engine.images.prune({})).ImagesDeleted).toEqual([]);
  expect(await present('multi:1')).toEqual([host.architecture, 'arm']);
  list('multi:1', [entry(s390x), entry(host)]);
  await pull('multi:1', 'all');
  expect(await present('multi:1')).toEqual(['s390x', host.architecture]);
  await engine.images.prune({ dangling: ['false'] });
  expect([engine.store.blobs.all(), engine.snapshots.unpacked()]).toEqual([[], []]);
});

test('with the last tag go the lists that it stood for before', async () => {
  for (const platforms of [
    [host, arm],
    [s390x, host],
    [arm, s390x, host],
  ]) {
    list('multi:1', platforms.map(entry));
    await pull('multi:1', 'all');
  }
  await remove(named('multi:1'));
  expect([engine.store.blobs.all(), engine.snapshots.unpacked()]).toEqual([[], []]);
});

const planted: [what: string, blob: (digest: string) => string, problem: (digest: string) => string, left: string[]][] =
  [
    [
      'a manifest that is lost',
      () => entry(arm).digest,
      (digest) => `list ${digest}: ${entry(arm).digest} of it is gone`,
      [host.architecture],
    ],
    [
      'a list that is lost',
      (digest) => digest,
      (digest) => `list ${digest}: its bytes ${digest} are gone`,
      [host.architecture],
    ],
  ];
for (const [what, blob, problem, left] of planted) {
  test(`${what} is found and repaired`, async () => {
    const digest = list('multi:1', [entry(host), entry(arm)]);
    await pull('multi:1', 'all');
    engine.store.blobs.delete(blob(digest));
    const found: string[] = [];
    for await (const damage of engine.images.check({ full: false })) {
      found.push(`${damage.subject}: ${damage.problem}`);
      await damage.repair?.();
    }
    expect(found).toContain(problem(digest));
    for await (const damage of engine.images.check({ full: false }))
      throw new Error(`${damage.subject}: ${damage.problem}`);
    expect(await present('multi:1')).toEqual(left);
    await pull('multi:1', 'all');
    expect(await present('multi:1')).toEqual([host.architecture, 'arm']);
  });
}

test('a list without a name is an image without one', async () => {
  list('multi:1', [entry(host), entry(arm)]);
  await pull('multi:1', 'all');
  const archive = await bytesOf(engine.images.save([named('multi:1')]));
  // The names of both kinds, as many bytes as they were.
  const text = archive.toString('latin1').replaceAll('io.containerd.image.name', 'io.containerd.image.none');
  const bare = text.replaceAll(/(^|\0)manifest\.json\0/g, '$1manifest.none\0');
  const other = newEngine();
  const sums = withSums(
    Buffer.from(
      bare.replaceAll('"org.opencontainers.image.ref.name":"1"', '"org.opencontainers.image.ref.none":"1"'),
      'latin1',
    ),
  );
  const [line] = await all(other.images.load(once(sums), { quiet: true }));
  const id = /sha256:\w+/.exec(line?.stream ?? '')?.[0] ?? '';
  expect(line).toEqual({ stream: `Loaded image ID: ${id}\n` });
  expect(await other.images.list({ all: false, filters: {}, sharedSize: false })).toHaveLength(1);
  other.images.tag(id, 'again', '1');
  expect(other.images.resolve('again:1', parsePlatform('linux/arm/v7')).config.architecture).toBe('arm');
  await other.images.remove('again:1', { force: false, prune: true });
  expect(other.store.blobs.all()).toEqual([]);
});

/** The heads of a tar whose names were changed, with the sums that are right for them. */
function withSums(tar: Buffer): Buffer {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    tar.fill(' ', at + 148, at + 156);
    const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return tar;
}
