import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { detachedOverlay, openDirectory, openDirectoryAt, usingFd } from '../../host/index.ts';
import { crashpoint, EngineError, type Log } from '../../kit/index.ts';
import { chainIds } from '../../oci/index.ts';
import type { Driver } from '../driver/driver.ts';
import { mountTree, topTree } from '../driver/whole-trees.ts';
import type { Discard } from '../places/discard.ts';
import { type Layout, overlayPlaces } from '../places/layout.ts';

/** What `layer.json` beside a layer's tree says. */
export interface LayerRecord {
  diffId: string;
  /** Bytes of all its files. */
  size: number;
  /** Its symlink in `links`. */
  link: string;
  /** Of the engine's own layer: the key of the layer below it. */
  on?: string;
  /** What it was called before its digest was known, and the chain id it then got. */
  draft?: string;
  chain?: string;
  /** The archive lists the root directory, so that owner and mode of this tree's root mean something. */
  listsRoot: boolean;
}

/**
 * The unpacked layers. A layer that leans on those below it (a hard link to their files, a directory it does not list) is
 * kept by its chain id, every other one by its diffID, whatever it stands on.
 */
export interface Layers {
  /** The key of each layer of a stack, lowest first; undefined for one that is not there. */
  find(diffIds: string[]): (string | undefined)[];
  /** The same, all there; otherwise an EngineError. */
  need(diffIds: string[]): string[];
  record(key: string): LayerRecord;
  keys(): string[];
  /** Puts a layer that was unpacked in `directory` in its place. */
  enter(directory: string, key: string, layer: Omit<LayerRecord, 'link'>): void;
  remove(key: string): void;
  /** Gives a draft, the last of a stack, the digest that stands there in its place; it keeps its first name, too. */
  name(draft: string, stack: string[]): void;
  /** A layer's own tree, open for reading; the caller closes it. */
  tree(key: string): number;
  /** Whether its symlink leads to it; makes it again; writes its record again. */
  isLinked(key: string): boolean;
  relink(key: string): void;
  rewrite(key: string): void;
  /** Their symlinks for an overlay, topmost first; of a layer that comes twice, which overlayfs refuses, only the upper counts. */
  links(keys: string[]): string[];
  /** The merged tree of a stack as a detached mount; the caller closes it. */
  mount(keys: string[]): number;
  /** The merged tree of a stack as an open directory; the caller closes it. */
  view(keys: string[]): number;
}

const DRAFT = 'draft:';

/** The name of a layer whose digest nobody knows yet. */
export function draftName(key: string): string {
  return `${DRAFT}${key}`;
}

/** The directory name of a layer: 128 bits of its digest. */
export function keyOf(digest: string): string {
  return digest.replace(/^(?:sha256|draft):/, '').slice(0, 32);
}

export function createLayers(at: { layout: Layout; discard: Discard; log: Log; driver: Driver }): Layers {
  const { layout, discard, log, driver } = at;
  const records = new Map<string, LayerRecord>();

  function add(key: string): void {
    const record = JSON.parse(readFileSync(join(layout.layers, key, 'layer.json'), 'utf8')) as LayerRecord;
    ensureLink(layout, record.link, key);
    records.set(key, record);
  }

  function addOrGiveUp(key: string): void {
    try {
      add(key);
    } catch (error) {
      // A layer is a cache, and what cannot be read is none: its blob restores it.
      log.error('a layer is damaged and given up', { key, error });
      discard(join(layout.layers, key));
    }
  }

  for (const key of readdirSync(layout.layers)) addOrGiveUp(key);
  dropStaleLinks(layout, new Set([...records.values()].map((record) => record.link)));

  function enter(directory: string, key: string, layer: Omit<LayerRecord, 'link'>): void {
    const link = newLink(layout, key);
    const record: LayerRecord = { ...layer, link };
    crashpoint('snapshot.layer.linked');
    try {
      writeFileSync(join(directory, 'layer.json'), JSON.stringify(record));
      crashpoint('snapshot.layer.unpacked');
      renameSync(directory, join(layout.layers, key));
    } catch (error) {
      rmSync(join(layout.links, link), { force: true });
      throw error;
    }
    crashpoint('snapshot.layer.renamed');
    records.set(key, record);
  }

  const find = (diffIds: string[]) => findIn(records, diffIds, driver.whole);

  function record(key: string): LayerRecord {
    const found = records.get(key);
    if (!found) throw new EngineError('internal', `layer ${key} is not there`);
    return found;
  }

  return {
    find,
    record,
    enter,
    need: (diffIds) => allOf(diffIds, find(diffIds)),
    keys: () => [...records.keys()],
    name: (draft, stack) =>
      void records.set(keyOf(draft), named(layout, { draft, stack, record: record(keyOf(draft)) })),
    tree: (key) => usingFd(openDirectory(join(layout.layers, key, 'diff')), (fd) => openDirectoryAt(fd, '.')),
    remove(key) {
      const link = records.get(key)?.link;
      records.delete(key);
      discard(join(layout.layers, key));
      if (link !== undefined) rmSync(join(layout.links, link), { force: true });
      crashpoint('snapshot.layer.unlinked');
    },
    ...mendingOf(layout, record),
    ...viewsOf(layout, record),
    ...(driver.whole && wholeViewsOf(layout)),
  };
}

function findIn(records: Map<string, LayerRecord>, diffIds: string[], whole: boolean): (string | undefined)[] {
  const chains = chainIds(diffIds);
  return diffIds.map((diffId, index) => {
    const chain = chains[index] ?? '';
    // The lowest layer's chain id is its diffID.
    const found = [keyOf(chain), keyOf(diffId)].find((key) => isCalled(records.get(key), diffId));
    return found ?? draftOf(records, diffId, whole ? chain : undefined);
  });
}

function isCalled(record: LayerRecord | undefined, name: string): boolean {
  return record !== undefined && (record.diffId === name || record.draft === name);
}

/** What was a draft lies where it did when its digest became known. */
function draftOf(records: Map<string, LayerRecord>, diffId: string, chain: string | undefined): string | undefined {
  for (const [key, record] of records) {
    if (record.draft === undefined || record.diffId !== diffId) continue;
    if (chain === undefined || record.chain === chain) return key;
  }
  return undefined;
}

/** The record of a draft with its digest, written down. */
function named(layout: Layout, of: { draft: string; stack: string[]; record: LayerRecord }): LayerRecord {
  const { draft, stack } = of;
  const record = { ...of.record, draft, diffId: stack.at(-1) ?? '', chain: chainIds(stack).at(-1) ?? '' };
  writeRecord(layout, keyOf(draft), record);
  crashpoint('snapshot.draft.named');
  return record;
}

/** Whole or not at all, as an engine may be killed here. */
function writeRecord(layout: Layout, key: string, record: LayerRecord): void {
  const path = join(layout.layers, key, 'layer.json');
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

function allOf(diffIds: string[], found: (string | undefined)[]): string[] {
  return found.map((key, index) => {
    if (key === undefined) throw new EngineError('internal', `layer ${diffIds[index]} is not unpacked`);
    return key;
  });
}

function mendingOf(layout: Layout, record: Layers['record']): Pick<Layers, 'isLinked' | 'relink' | 'rewrite'> {
  return {
    isLinked: (key) => linkedTo(layout, record(key).link) === target(key),
    relink(key) {
      rmSync(join(layout.links, record(key).link), { recursive: true, force: true });
      ensureLink(layout, record(key).link, key);
    },
    rewrite: (key) => writeRecord(layout, key, record(key)),
  };
}

function viewsOf(layout: Layout, record: Layers['record']): Pick<Layers, 'links' | 'mount' | 'view'> {
  function links(keys: string[]): string[] {
    const once = keys.filter((key, index) => keys.lastIndexOf(key) === index);
    return once.map((key) => record(key).link).toReversed();
  }

  return {
    links,
    mount: (keys) => detachedOverlay({ ...overlayPlaces(layout), lower: [...links(keys), '../empty'] }),
    view(keys) {
      const lower = links(keys);
      if (lower.length === 1) return openDirectory(join(layout.links, lower[0] ?? ''));
      return detachedOverlay({ ...overlayPlaces(layout), lower });
    },
  };
}

/** The topmost tree has all of a stack. */
function wholeViewsOf(layout: Layout): Pick<Layers, 'mount' | 'view'> {
  const mount = (keys: string[]) => mountTree(topTree(layout.layers, keys) ?? layout.empty, { readOnly: true });
  return { mount, view: mount };
}

const target = (key: string) => `../layers/${key}/diff`;

function newLink(layout: Layout, key: string): string {
  for (let length = 2; ; ) {
    const name = Math.floor(Math.random() * 36 ** length)
      .toString(36)
      .padStart(length, '0');
    try {
      symlinkSync(target(key), join(layout.links, name));
      return name;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
      if (Math.random() < 0.1) length++;
    }
  }
}

/** A machine may lose power between a symlink and its layer. */
function ensureLink(layout: Layout, link: string, key: string): void {
  const path = join(layout.links, link);
  if (!existsSync(path)) {
    rmSync(path, { force: true });
    symlinkSync(target(key), path);
  } else if (readlinkSync(path) !== target(key)) {
    throw new EngineError('internal', `${path} does not name layer ${key}`);
  }
}

function linkedTo(layout: Layout, link: string): string | undefined {
  const path = join(layout.links, link);
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

function dropStaleLinks(layout: Layout, used: Set<string>): void {
  for (const link of readdirSync(layout.links))
    if (!used.has(link)) rmSync(join(layout.links, link), { recursive: true, force: true });
}
