import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openDirectory, SystemError, spreadDirectories } from '../../host/index.ts';
import {
  crashpoint,
  createHasher,
  EngineError,
  explainSystemError,
  type Hasher,
  type Hashing,
} from '../../kit/index.ts';
import { chainIds } from '../../oci/index.ts';
import type { LayerTar } from '../contract.ts';
import type { Driver } from '../driver/driver.ts';
import type { Discard } from '../places/discard.ts';
import { type Layout, scratchIn } from '../places/layout.ts';
import { unpackLayer } from '../unpack/unpack-layer.ts';
import { keyOf, type LayerRecord, type Layers } from './layers.ts';

export interface AppliedLayer {
  diffId: string;
  size: number;
}

/** Unpacks a layer into a directory (with `diff` in it) that is in no one's way yet; `close` when it has found its place. */
export type UnpackAside = (
  layer: LayerTar,
) => Promise<{ directory: string; key: string; record: Omit<LayerRecord, 'link'>; close: () => void }>;

interface Places {
  layout: Layout;
  layers: Layers;
  discard: Discard;
  driver: Driver;
}

/** Unpacks layers, several at a time; one that needs those below it waits for them. */
export function createApplyLayer(at: Places) {
  const { layers, discard } = at;
  /** Layers under way, by chain id. */
  const running = new Map<string, Promise<AppliedLayer>>();

  async function parentKeys(parents: string[]): Promise<string[]> {
    await Promise.all(chainIds(parents).map((chain) => running.get(chain)));
    return layers.need(parents);
  }

  const unpackAside = createUnpackAside(at, parentKeys);

  async function unpack(layer: LayerTar): Promise<AppliedLayer> {
    const { directory, key, record, close } = await unpackAside(layer);
    try {
      if (layers.keys().includes(key)) discard(directory);
      else layers.enter(directory, key, record);
      return { diffId: record.diffId, size: record.size };
    } catch (error) {
      discard(directory);
      throw explained(error);
    } finally {
      close();
    }
  }

  const applyLayer = (layer: LayerTar): Promise<AppliedLayer> => {
    if (layer.diffId === undefined) return unpack(layer);
    const stack = [...layer.parents, layer.diffId];
    const chain = chainIds(stack).at(-1) ?? '';
    const there = layers.find(stack).at(-1);
    if (there !== undefined) return Promise.resolve({ diffId: layer.diffId, size: layers.record(there).size });
    const already = running.get(chain);
    if (already) return already;
    const work = unpack(layer).finally(() => running.delete(chain));
    running.set(chain, work);
    return work;
  };
  return { applyLayer, unpackAside };
}

function createUnpackAside(
  { layout, layers, discard, driver }: Places,
  parentKeys: (parents: string[]) => Promise<string[]>,
): UnpackAside {
  const hasher = createHasher();

  /** A whole tree begins as the one below it. */
  async function begin({ parents }: LayerTar, diff: string): Promise<void> {
    if (!driver.whole || parents.length === 0) return driver.make(diff);
    const below = (await parentKeys(parents)).at(-1) ?? '';
    await driver.clone(join(layout.layers, below, 'diff'), diff);
  }

  return async (layer) => {
    const directory = scratchIn(layout, layout.incoming);
    const diff = join(directory, 'diff');
    let view: number | undefined;
    const close = () => {
      if (view !== undefined) closeFd(view);
      view = undefined;
    };
    // Whoever asks sees the parents, and what it sees shapes this layer: it is then no other stack's.
    const below = async () => {
      if (layer.alone) throw new EngineError('conflict', 'the layer leans on those below it');
      if (view === undefined && layer.parents.length > 0) {
        const keys = await parentKeys(layer.parents);
        view = layers.view(keys);
        crashpoint('snapshot.layer.viewed');
      }
      return view;
    };
    const hashing = hashingOf(layer, hasher);
    try {
      if (layer.alone && driver.whole) await below();
      mkdirSync(directory);
      spreadDirectories(directory);
      await begin(layer, diff);
      const unpacked = await usingRoot(diff, (root) =>
        unpackLayer({ root, tar: hashing.through, below, whole: driver.whole }),
      );
      const diffId = await hashing.digest();
      requireDiffId(layer, diffId);
      const chain = chainIds([...layer.parents, diffId]).at(-1) ?? diffId;
      const key = keyOf(view === undefined && !driver.whole ? diffId : chain);
      return { directory, key, record: { diffId, ...unpacked }, close };
    } catch (error) {
      hashing.close();
      discard(directory);
      close();
      throw explained(error);
    }
  };
}

function requireDiffId({ diffId: expected, parents }: LayerTar, actual: string): void {
  if (expected === undefined || expected === actual) return;
  const difference = `expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  throw new EngineError('invalid', `invalid diffID for layer ${parents.length}: ${difference}`);
}

async function usingRoot<T>(path: string, work: (root: number) => Promise<T>): Promise<T> {
  const root = openDirectory(path);
  try {
    return await work(root);
  } finally {
    closeFd(root);
  }
}

/** The tar on its way, its digest once it has passed. */
function hashingOf({ tar, digest }: LayerTar, hasher: Hasher) {
  if (digest) {
    // It is not asked for where the tar cannot be unpacked.
    digest.catch(() => undefined);
    return { through: tar, digest: () => digest, close: () => undefined };
  }
  const hashing = hasher.begin();
  return {
    through: hashed(tar, hashing),
    digest: async () => `sha256:${await hashing.digest()}`,
    close: hashing.close,
  };
}

async function* hashed(tar: AsyncIterable<Uint8Array>, hashing: Hashing) {
  for await (const bytes of tar) {
    await hashing.update(bytes);
    yield bytes;
  }
}

/** A failed call in words that users know, with the path in the layer. */
function explained(error: unknown): unknown {
  return explainSystemError(error, error instanceof SystemError ? pathIn(error) : '');
}

function pathIn(error: SystemError): string {
  const detail = error.message.slice(error.syscall.length, -`: ${error.code}`.length).trim();
  return detail;
}
