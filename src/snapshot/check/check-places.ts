import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, leftOverAfter } from '../../kit/index.ts';
import type { Containers } from '../containers/contract.ts';
import type { Frozen } from '../frozen/frozen.ts';
import type { Layers } from '../layers/layers.ts';
import type { Discard } from '../places/discard.ts';
import { isOwnScratch, type Layout } from '../places/layout.ts';

interface Places {
  layout: Layout;
  layers: Layers;
  containers: Containers;
  discard: Discard;
}

/** What lies where no layer or container has it, and what layers lack beside their files. */
export function* checkPlaces(at: Places): Generator<Damage> {
  const { layout, layers, discard } = at;
  for (const name of readdirSync(layout.incoming)) {
    if (isOwnScratch(layout, name)) continue;
    yield dropped(discard, join(layout.incoming, name), 'is a tree that nobody is making any more');
  }
  const keys = new Set(layers.keys());
  for (const name of readdirSync(layout.layers)) {
    if (!keys.has(name)) yield dropped(discard, join(layout.layers, name), 'is no layer');
  }
  for (const key of keys) yield* checkRecord(at, key);
  const links = new Set(layers.keys().map((key) => layers.record(key).link));
  for (const name of readdirSync(layout.links)) {
    if (!links.has(name)) yield dropped(discard, join(layout.links, name), 'names no layer');
  }
}

function dropped(discard: Discard, path: string, problem: string): Damage {
  const repair = () => {
    discard(path);
    return 'removed';
  };
  return { subject: path, problem, repair };
}

function* checkRecord({ layout, layers }: Places, key: string): Generator<Damage> {
  const subject = `layer ${key}`;
  const home = join(layout.layers, key);
  if (!isDirectory(join(home, 'diff'))) {
    const repair = () => {
      layers.remove(key);
      return 'given up';
    };
    yield { subject, problem: 'its files are gone', repair };
    return;
  }
  if (!existsSync(join(home, 'layer.json'))) {
    const repair = () => {
      layers.rewrite(key);
      return 'written again';
    };
    yield { subject, problem: 'its record is gone', repair };
  }
  if (!layers.isLinked(key)) {
    const repair = () => {
      layers.relink(key);
      return 'made again';
    };
    yield { subject, problem: `its short name ${layers.record(key).link} does not lead to it`, repair };
  }
}

/**
 * What is wrong with the writable layer of a container. Lost files are lost; the list of its layers is written anew by `keys`, and
 * what the kernel needs beside it is made anew.
 */
export function* checkWritable(at: Places, id: string, keys: () => Promise<string[]>): Generator<Damage> {
  const path = at.containers.path(id);
  const subject = `container ${id}`;
  if (!isDirectory(join(path, 'diff'))) {
    yield { subject, problem: 'the files of its writable layer are gone' };
    return;
  }
  if (!namesLayers(at, id)) {
    const repair = async () => {
      at.containers.restack(id, await keys());
      return 'written again';
    };
    yield { subject, problem: 'the list of its layers is gone or wrong', repair };
  }
  const work = join(path, 'work');
  if (isDirectory(work)) return;
  const repair = () => {
    rmSync(work, { force: true });
    mkdirSync(work, { mode: 0o700 });
    return 'made again';
  };
  yield { subject, problem: 'its working directory is gone', repair };
}

function namesLayers({ containers, layers }: Places, id: string): boolean {
  const known = new Set(layers.keys());
  try {
    return containers.keys(id).every((key) => known.has(key));
  } catch {
    // It is not there, or is no list.
    return false;
  }
}

/** Writable layers of containers that are not known, and are not just being made, and frozen ones. */
export function* checkOrphans(at: Places & { frozen: Frozen }, known: (id: string) => boolean): Generator<Damage> {
  for (const id of at.frozen.ids()) {
    if (known(id)) continue;
    const repair = () => {
      at.frozen.dropAll(id);
      return 'removed';
    };
    yield { subject: `snapshots of ${id}`, problem: 'belong to no container', repair };
  }

  for (const id of at.containers.ids()) {
    if (known(id) || Date.now() - statSync(at.containers.path(id)).mtimeMs < leftOverAfter) continue;
    const repair = () => {
      at.containers.remove(id);
      return 'removed';
    };
    yield { subject: `writable layer ${id}`, problem: 'belongs to no container', repair };
  }
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
