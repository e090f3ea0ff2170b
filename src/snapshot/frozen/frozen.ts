import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crashpoint, EngineError, explainSystemError } from '../../kit/index.ts';
import { idsFile } from '../containers/container-mounts.ts';
import type { Containers } from '../containers/contract.ts';
import type { FrozenLayers } from '../contract.ts';
import type { Driver } from '../driver/driver.ts';
import type { Discard } from '../places/discard.ts';
import { type Layout, scratchIn } from '../places/layout.ts';

interface Places {
  layout: Layout;
  containers: Containers;
  discard: Discard;
  driver: Driver;
  /** Bytes in a container's writable layer. */
  size: (id: string) => Promise<number>;
}

/** Where a writable layer waits while another takes its place; no name that anybody gives begins so. */
const replaced = '.replaced';

export interface Frozen extends FrozenLayers {
  /** Removes all of a container. */
  dropAll(id: string): void;
  /** Containers of which there is something. */
  ids(): string[];
}

/** See FrozenLayers. What an engine was killed at is finished or undone here. */
export function createFrozen(at: Places): Frozen {
  const { layout, containers, discard, driver, size } = at;
  const home = (id: string) => join(layout.frozen, id);
  const place = (id: string, name: string) => join(home(id), checked(name));
  const names = (id: string) => entriesOf(home(id)).filter((name) => name !== replaced);

  for (const id of readdirSync(layout.frozen)) putBack(at, id);
  return {
    names,
    ids: () => readdirSync(layout.frozen),
    async freeze(id, name) {
      if (existsSync(place(id, name))) throw new EngineError('conflict', `${name} is there already`);
      const directory = scratchIn(layout, layout.incoming);
      let bytes: number;
      try {
        mkdirSync(directory);
        await driver.clone(join(containers.path(id), 'diff'), join(directory, 'diff'));
        bytes = await size(id);
        await reachDisk(directory);
        crashpoint('snapshot.frozen.made');
        mkdirSync(home(id), { recursive: true, mode: 0o700 });
        renameSync(directory, place(id, name));
      } catch (error) {
        discard(directory);
        throw explainSystemError(error, place(id, name));
      }
      crashpoint('snapshot.frozen.renamed');
      return bytes;
    },
    async rollBack(id, name) {
      const directory = scratchIn(layout, layout.incoming);
      const aside = join(home(id), replaced);
      try {
        await thaw(at, { id, from: place(id, name), directory });
        crashpoint('snapshot.thawed.made');
        renameSync(containers.path(id), aside);
        crashpoint('snapshot.thawed.aside');
        renameSync(directory, containers.path(id));
      } catch (error) {
        putBack(at, id);
        discard(directory);
        throw explainSystemError(error, place(id, name));
      }
      crashpoint('snapshot.thawed.renamed');
      discard(aside);
    },
    drop(id, name) {
      discard(place(id, name));
      removeIfEmpty(home(id));
    },
    dropAll(id) {
      if (!existsSync(home(id))) return;
      for (const name of entriesOf(home(id))) discard(join(home(id), name));
      removeIfEmpty(home(id));
    },
  };
}

function checked(name: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) throw new EngineError('internal', `${name} cannot name a layer`);
  return name;
}

/** A writable layer that begins as a frozen one, beside the present one. */
async function thaw(
  { containers, driver }: Places,
  { id, from, directory }: { id: string; from: string; directory: string },
): Promise<void> {
  mkdirSync(directory);
  await driver.clone(join(from, 'diff'), join(directory, 'diff'));
  mkdirSync(join(directory, 'work'), { mode: 0o700 });
  for (const name of ['layers.json', idsFile]) {
    const present = join(containers.path(id), name);
    if (existsSync(present)) copyFileSync(present, join(directory, name));
  }
  await reachDisk(directory);
}

/** Nothing can make these files again, so a loss of power must not find them half written behind a name. */
async function reachDisk(path: string): Promise<void> {
  await promisify(execFile)('sync', ['-f', path]);
}

/** The layer that was set aside is the container's own again, unless another is in its place. */
function putBack({ layout, containers, discard }: Places, id: string): void {
  const aside = join(layout.frozen, id, replaced);
  if (!existsSync(aside)) return;
  if (existsSync(containers.path(id))) discard(aside);
  else renameSync(aside, containers.path(id));
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}
