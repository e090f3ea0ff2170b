// Archives that want to harm whoever reads them: as layers, and copied into a container. Each is shown to harm a reader who believes it.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from '../../src/container/files/extract.ts';
import { closeFd, openDirectory, openDirectoryAt, usingFd, walk, xattrsAt } from '../../src/host/index.ts';
import { silent } from '../../src/kit/index.ts';
import { makeTar } from '../../src/oci/tar/make-tar.ts';
import { createSnapshots } from '../../src/snapshot/index.ts';
import { type HostileLayer, hostileLayers } from '../support/hostile/layers.ts';
import { listed, unpackNaively } from '../support/hostile/naive.ts';

let base = '';
let root = '';
let outside = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tug-hostile-'));
  [root, outside] = [join(base, 'root'), join(base, 'outside')];
  for (const path of [root, outside]) mkdirSync(path, { mode: 0o755 });
  writeFileSync(join(outside, 'secret'), 'of the host');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

async function* streamed(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Descriptors that are open, by what they lead to: a directory of the test must not be among them afterwards. */
function openWithin(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return []; // the one that listed them
    }
  });
}

async function meets(outcome: HostileLayer['layer'], work: Promise<unknown>): Promise<void> {
  if (outcome === 'contained') await work;
  else await expect(work).rejects.toThrow(outcome);
}

async function asLayer({ archive, below, layer }: HostileLayer): Promise<void> {
  const before = listed(base, root);
  const snapshots = createSnapshots({ root, log: silent });
  const parents: string[] = [];
  if (below) {
    const tar = streamed(makeTar(below(outside)));
    parents.push((await snapshots.applyLayer({ parents: [], tar })).diffId);
  }
  await meets(layer, snapshots.applyLayer({ parents, tar: streamed(archive(outside)) }));
  await snapshots.settled();
  expect(listed(base, root)).toBe(before);
  for (const left of ['incoming', 'doomed']) expect(readdirSync(join(root, 'overlay2', left))).toEqual([]);
  const kept = parents.length + (layer === 'contained' ? 1 : 0);
  expect(readdirSync(join(root, 'overlay2/layers')).length).toBe(kept);
  expect(await overlayMarks(join(root, 'overlay2/layers'))).toEqual([]);
  expect(openWithin(base)).toEqual([]);
}

/** What the archive might have told the overlay itself; the engine's own marks are the opaque directories. */
async function overlayMarks(path: string): Promise<string[]> {
  const found: string[] = [];
  const fd = usingFd(openDirectory(path), (top) => openDirectoryAt(top, '.'));
  for await (const { parent, name, status } of walk(fd)) {
    if (status.kind !== 'file') continue;
    found.push(...[...xattrsAt(parent, name).keys()].filter((xattr) => xattr.startsWith('trusted.')));
  }
  closeFd(fd);
  return found;
}

async function asCopy({ archive, below, copy }: HostileLayer): Promise<void> {
  if (copy === undefined) return;
  rmSync(root, { recursive: true });
  mkdirSync(root, { mode: 0o755 });
  const before = listed(base, root);
  if (below) await put(makeTar(below(outside)));
  await meets(copy, put(archive(outside)));
  expect(listed(base, root)).toBe(before);
  expect(await overlayMarks(root)).toEqual([]);
  expect(openWithin(base)).toEqual([]);
}

async function put(archive: Uint8Array): Promise<void> {
  const fd = openDirectory(root);
  const tree = {
    root: fd,
    mounted: () => undefined,
    mountedBelow: () => false,
    silent: [],
    lacksPlaces: false,
    isForeign: () => false,
    close: () => closeFd(fd),
  };
  try {
    await extract(tree, { archive: streamed(archive), into: '', shown: '/', noOverwriteDirNonDir: false });
  } finally {
    tree.close();
  }
}

for (const [what, hostile] of Object.entries(hostileLayers)) {
  test(`harms nobody: ${what}`, async () => {
    await asLayer(hostile);
    await asCopy(hostile);
    const archives = [...(hostile.below ? [makeTar(hostile.below(outside))] : []), hostile.archive(outside)];
    rmSync(root, { recursive: true });
    mkdirSync(root);
    const harm = unpackNaively(base, root, archives);
    expect(hostile.attack(harm) || harm).toBe(true);
  }, 60_000);
}

test('the corpus is large enough to mean something', () => {
  expect(Object.keys(hostileLayers).length).toBeGreaterThanOrEqual(60);
});
