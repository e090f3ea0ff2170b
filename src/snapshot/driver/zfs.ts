import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { detachMount } from '../../host/index.ts';
import { EngineError, newId } from '../../kit/index.ts';
import type { Driver } from './driver.ts';

/** Beside each tree: the name of its dataset. */
const nameFile = 'dataset';
/** On a dataset whose tree is gone, and that stands for as long as a clone of it does. */
const goneProperty = 'tug:gone';
const busyMost = 20;
const busyPause = 250;

/**
 * Each tree is a dataset, mounted where the tree is, and a clone is one of ZFS: it takes no time and no room. All are children of one
 * dataset of the engine's own, below that which `root` is on. By the command `zfs`, which must be there.
 */
export function createZfs(root: string): Driver {
  const parent = parentFor(root);
  const whole = (name: string) => `${parent}/${name}`;
  mountAll(join(root, 'zfs'), parent);
  return {
    name: 'zfs',
    whole: true,
    make(path) {
      const name = whole(called(path));
      zfsNow('create', ...mountedAt(path), name);
      mount(name);
    },
    async clone(from, to) {
      const source = whole(readName(dirname(from)) ?? '');
      const name = called(to);
      await zfs('snapshot', `${source}@${name}`);
      await zfs('clone', ...mountedAt(to), `${source}@${name}`, whole(name));
      mount(whole(name));
    },
    async free(path) {
      const name = readName(path);
      if (name === undefined) return;
      detachMount(join(path, 'diff'));
      await destroy(whole(name));
    },
  };
}

/** The engine's own dataset; it is made at the first start, and its name kept beside the trees. */
function parentFor(root: string): string {
  const below = datasetOf(root);
  const base = join(root, 'zfs');
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const known = readName(base);
  const name = known ?? `tug-${newId().slice(0, 12)}`;
  if (known === undefined) writeFileSync(join(base, nameFile), name);
  const parent = `${below}/${name}`;
  if (tryZfs('list', '-H', '-o', 'name', parent) === undefined) zfsNow('create', '-o', 'canmount=off', parent);
  return parent;
}

/** The dataset that a directory is on. */
function datasetOf(path: string): string {
  try {
    const name = zfsNow('list', '-H', '-o', 'name', path).trim();
    if (name !== '') return name;
  } catch (error) {
    throw new EngineError('invalid', `storage-driver zfs: ${(error as Error).message}: prerequisites not met`, error);
  }
  throw new EngineError('invalid', `storage-driver zfs: ${path} is not on a ZFS file system: prerequisites not met`);
}

/** Never mounted by anybody but the engine: a tree is where its directory was renamed to. */
function mountedAt(path: string): string[] {
  return ['-o', 'canmount=noauto', '-o', `mountpoint=${path}`];
}

/** A name for the dataset of a new tree, written down before there is one. */
function called(path: string): string {
  const name = newId().slice(0, 32);
  writeFileSync(join(dirname(path), nameFile), name);
  return name;
}

function readName(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, nameFile), 'utf8');
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function mount(name: string): void {
  try {
    zfsNow('mount', name);
  } catch (error) {
    if (!(error as Error).message.includes('already mounted')) throw error;
  }
}

/** At a start: trees are mounted again after a boot, and datasets go that were made for trees that never came to be. */
function mountAll(base: string, parent: string): void {
  const rows = zfsNow('list', '-H', '-r', '-d', '1', '-o', `name,mounted,mountpoint,${goneProperty}`, parent);
  const places = new Map<string, string>();
  const kinds = ['layers', 'containers', ...tryReaddir(join(base, 'frozen')).map((id) => join('frozen', id))];
  for (const kind of kinds) {
    for (const entry of tryReaddir(join(base, kind))) {
      const directory = join(base, kind, entry);
      const name = readName(directory);
      if (name !== undefined) places.set(`${parent}/${name}`, join(directory, 'diff'));
    }
  }
  const doomed = new Set(
    ['incoming', 'doomed'].flatMap((kind) =>
      tryReaddir(join(base, kind)).map((entry) => `${parent}/${readName(join(base, kind, entry))}`),
    ),
  );
  for (const row of rows.trim().split('\n')) {
    const [name = '', mounted = '', mountpoint = '', gone = ''] = row.split('\t');
    const path = places.get(name);
    if (name === parent || gone === '1' || doomed.has(name)) continue;
    if (path === undefined) tryZfs('destroy', '-r', name);
    else if (mounted !== 'yes') {
      if (mountpoint !== path) zfsNow('set', `mountpoint=${path}`, name);
      mount(name);
    }
  }
}

function tryReaddir(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}

/** Destroys a dataset, and what only stood because it was cloned from it. One that has clones stands until the last of them goes. */
async function destroy(name: string): Promise<void> {
  const origin = (await zfs('get', '-H', '-o', 'value', 'origin', name).catch(missing))?.trim();
  if (origin === undefined) return;
  try {
    await patiently(() => zfs('destroy', '-r', name));
  } catch (error) {
    if (!(error as Error).message.includes('dependent clones')) throw error;
    await zfs('set', `${goneProperty}=1`, name);
    return;
  }
  const [source = ''] = origin.split('@');
  if (origin === '-') return;
  await patiently(() => zfs('destroy', origin)).catch(missing);
  const isGone = (await zfs('get', '-H', '-o', 'value', goneProperty, source)).trim() === '1';
  if (isGone) await destroy(source);
}

/** What was mounted is busy for a moment after its last user is gone. */
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === busyMost || !(error as Error).message.includes('busy')) throw error;
      await sleep(busyPause);
    }
  }
}

function missing(error: unknown): undefined {
  if (!(error as Error).message.includes('does not exist')) throw error;
}

const environment = () => ({ ...process.env, LC_ALL: 'C' });

async function zfs(...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)('zfs', args, { env: environment() })).stdout;
  } catch (error) {
    throw failure(args, error);
  }
}

function zfsNow(...args: string[]): string {
  try {
    return execFileSync('zfs', args, { env: environment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw failure(args, error);
  }
}

/** The same; undefined where it fails. */
function tryZfs(...args: string[]): string | undefined {
  try {
    return zfsNow(...args);
  } catch {
    return undefined; // what is not there, or still has clones
  }
}

function failure([command = '']: string[], error: unknown): EngineError {
  const { code, stderr = '', message } = error as { code?: string; stderr?: string | Buffer; message: string };
  if (code === 'ENOENT') return new EngineError('invalid', 'the command zfs is not installed', error);
  const words = String(stderr).trim().split('\n').join('; ');
  if (words.includes('out of space')) return new EngineError('internal', 'no space left on device', error);
  return new EngineError('internal', `zfs ${command}: ${words || message}`, error);
}
