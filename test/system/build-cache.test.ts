// Caches that go from one engine to another: through a registry, a directory, an image; and what they hold, read by others' rules.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildContext } from '../support/build-context.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Engine, startEngine } from '../support/engine.ts';

setDefaultTimeout(120_000);

let maker: Engine;
let taker: Engine;
let registry: DockerRegistry | undefined;
let directory: string;

beforeAll(async () => {
  registry = await startDockerRegistry();
  directory = mkdtempSync(join(tmpdir(), 'tug-caches-'));
  maker = await startEngine();
  taker = await startEngine();
  await maker.withBusybox();
  // The very same image: a cache is of what stands on it.
  const tar = join(directory, 'busybox.tar');
  expect((await maker.tug(['save', '-o', tar, 'busybox'])).code).toBe(0);
  expect((await taker.tug(['load', '-i', tar])).code).toBe(0);
});

afterAll(async () => {
  await registry?.close();
  rmSync(directory, { recursive: true, force: true });
  // What the second leaves is found at the end of the first.
  await taker.dispose();
  expect(await maker.dispose()).toEqual([]);
});

const files = (note = 'a') => ({
  Dockerfile: [
    'FROM busybox AS tools',
    'RUN cat /proc/sys/kernel/random/uuid > /tool',
    'FROM busybox',
    'COPY note /note',
    'RUN cat /proc/sys/kernel/random/uuid > /made',
    'COPY --from=tools /tool /tool',
    'CMD cat /made /tool',
  ].join('\n'),
  note,
});

async function build(engine: Engine, args: string[], given: Record<string, string> = files()): Promise<string> {
  using context = buildContext(given);
  const { code, stderr } = await engine.tug([
    'build',
    '--progress=plain',
    '--network=none',
    ...args,
    context.directory,
  ]);
  if (code !== 0) throw new Error(stderr);
  return stderr;
}

const said = async (engine: Engine, image: string) =>
  (await engine.tug(['run', '--rm', '--network=none', image])).stdout;
const cachedSteps = (text: string): number => text.split('\n').filter((line) => line.endsWith(' CACHED')).length;

async function forget(...engines: Engine[]): Promise<void> {
  for (const engine of engines) {
    await engine.tug(['rmi', '-f', 'one', 'two']);
    await engine.tug(['builder', 'prune', '-af']);
  }
}

test('a registry holds every step with mode=max, and only the steps of the image with mode=min', async () => {
  if (!registry) return;
  const ref = `${registry.host}/cache:max`;
  await build(maker, ['-t', 'one', '--cache-to', `type=registry,ref=${ref},mode=max`]);
  const text = await build(taker, ['-t', 'one', '--cache-from', ref]);
  expect(text).toContain(`importing cache manifest from ${ref}`);
  expect(await said(taker, 'one')).toBe(await said(maker, 'one'));
  expect((await taker.tug(['inspect', '-f', '{{.Id}}', 'one'])).stdout).toBe(
    (await maker.tug(['inspect', '-f', '{{.Id}}', 'one'])).stdout,
  );
  // A step before the others has changed: the other stage still comes from the cache.
  await forget(taker);
  await build(taker, ['-t', 'two', '--cache-from', ref], files('b'));
  const [made, tool] = (await said(taker, 'two')).split('\n');
  const [madeBefore, toolBefore] = (await said(maker, 'one')).split('\n');
  expect(tool).toBe(toolBefore ?? '');
  expect(made).not.toBe(madeBefore ?? '');
  const small = `${registry.host}/cache:min`;
  await build(maker, ['-t', 'one', '--cache-to', `type=registry,ref=${small}`]);
  await forget(taker);
  await build(taker, ['-t', 'two', '--cache-from', `type=registry,ref=${small}`], files('b'));
  expect((await said(taker, 'two')).split('\n')[1]).not.toBe(toolBefore ?? '');
  await forget(maker, taker);
});

test('a directory holds a cache as an OCI layout in the format of BuildKit', async () => {
  const dest = join(directory, 'local');
  await build(maker, ['-t', 'one', '--cache-to', `type=local,dest=${dest},mode=max,compression=zstd`]);
  const index = readJson<{ manifests: Described[] }>(join(dest, 'index.json'));
  expect(index.manifests[0]?.annotations).toEqual({ 'org.opencontainers.image.ref.name': 'latest' });
  const manifest = blob<{ config: Described; layers: Described[] }>(dest, index.manifests[0]);
  expect(manifest.config.mediaType).toBe('application/vnd.buildkit.cacheconfig.v0');
  const config = blob<{ layers: { blob: string; parent: number }[]; records: { results: { layer: number }[] }[] }>(
    dest,
    manifest.config,
  );
  expect([...new Set(config.layers.map(({ blob }) => blob))]).toEqual(manifest.layers.map(({ digest }) => digest));
  for (const [place, { parent }] of config.layers.entries()) expect(parent).toBeLessThan(place);
  expect(config.records.map(({ results }) => results[0]?.layer)).toEqual(expect.arrayContaining([1, 2]));
  for (const { mediaType, annotations } of manifest.layers) {
    expect(mediaType).toMatch(/^application\/vnd\.oci\.image\.layer\.v1\.tar(\+zstd|\+gzip|)$/);
    expect(annotations?.['containerd.io/uncompressed']).toMatch(/^sha256:/);
  }
  expect(manifest.layers.some(({ mediaType }) => mediaType.endsWith('+zstd'))).toBe(true);
  await build(taker, ['-t', 'one', '--cache-from', `type=local,src=${dest}`]);
  expect(await said(taker, 'one')).toBe(await said(maker, 'one'));
  await forget(taker);
  // A blob that is not what it is called is refused; nothing of it is used.
  const [layer] = manifest.layers.toReversed();
  writeFileSync(join(dest, 'blobs', (layer?.digest ?? '').replace(':', '/')), 'other bytes');
  using context = buildContext(files());
  const broken = await taker.tug([
    'build',
    '--network=none',
    '--cache-from',
    `type=local,src=${dest}`,
    context.directory,
  ]);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain('digest');
  await forget(maker, taker);
});

test('an image holds the cache of its own layers', async () => {
  if (!registry) return;
  const ref = `${registry.host}/inline:latest`;
  await build(maker, ['-t', ref, '--cache-to', 'type=inline', '--push']);
  await build(taker, ['-t', 'one', '--cache-from', ref]);
  const [made] = (await said(maker, ref)).split('\n');
  expect((await said(taker, 'one')).split('\n')[0]).toBe(made ?? '');
  await forget(maker, taker);
  // The classic way: the image is here, and was made with BUILDKIT_INLINE_CACHE.
  await build(maker, ['-t', ref, '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '--push']);
  const [first] = (await said(maker, ref)).split('\n');
  await taker.tug(['pull', ref]);
  using context = buildContext(files());
  const classic = await taker.docker(['build', '-t', 'two', '--network=none', '--cache-from', ref, context.directory], {
    env: { DOCKER_BUILDKIT: '0' },
  });
  expect(classic.stdout).toContain('Using cache');
  expect((await said(taker, 'two')).split('\n')[0]).toBe(first ?? '');
  await forget(maker, taker);
});

test('cache mounts go along where they are asked for, with owner and mode', async () => {
  const dest = join(directory, 'mounts');
  const dockerfile = (more: string) =>
    `FROM busybox\nRUN --mount=type=cache,id=store,target=/c,uid=7,mode=0710 echo kept >> /c/f; (cat /c/f; stat -c '%u %a' /c) > /out${more}\nCMD cat /out`;
  await build(maker, ['-t', 'one', '--cache-to', `type=local,dest=${dest},mounts=store`], {
    Dockerfile: dockerfile(''),
  });
  const from = ['--cache-from', `type=local,src=${dest}`];
  await build(taker, ['-t', 'one', ...from], { Dockerfile: dockerfile('; true') });
  expect(await said(taker, 'one')).toBe('kept\nkept\n7 710\n');
  // What is here already stays as it is.
  await build(taker, ['-t', 'one', ...from], { Dockerfile: dockerfile('; echo') });
  expect(await said(taker, 'one')).toBe('kept\nkept\nkept\n7 710\n');
  await forget(maker, taker);
});

test('a cache that is not there is told, and the build goes on; a destination that cannot be is refused before it begins', async () => {
  const text = await build(maker, ['--cache-from', '127.0.0.1:9/none', '--cache-from', 'type=local,src=/nonexistent']);
  expect(cachedSteps(text)).toBe(0);
  expect(text).toContain('importing cache manifest from 127.0.0.1:9/none');
  expect(text).toContain('ERROR: could not read /nonexistent/index.json');
  using context = buildContext(files());
  const refused = async (to: string) => (await maker.tug(['build', '--cache-to', to, context.directory])).stderr;
  expect(await refused('type=local')).toContain('local cache exporter requires dest');
  expect(await refused('type=registry')).toContain('registry cache exporter requires ref');
  expect(await refused('type=tape')).toContain('unknown cache exporter: "tape"');
  expect(await refused('type=inline,mode=most')).toContain('invalid mode: most');
});

interface Described {
  mediaType: string;
  digest: string;
  annotations?: Record<string, string>;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

function blob<T>(layout: string, described: Described | undefined): T {
  const bytes = readFileSync(join(layout, 'blobs', (described?.digest ?? '').replace(':', '/')));
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(described?.digest ?? '');
  expect(readdirSync(layout).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
  return JSON.parse(bytes.toString()) as T;
}
