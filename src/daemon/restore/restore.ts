import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, type Log } from '../../kit/index.ts';
import { createStore } from '../../store/index.ts';
import { markComplete, moveIntoPlace, openWorkshop, standingOf } from './place.ts';

interface Head {
  format?: number;
  version?: string;
}

const knownFormat = 1;

/**
 * Unpacks a backup into an empty data root: all of it, or nothing that an engine would take for its own. Cut off at any moment it can be
 * called again. `file` is a path, or `-` for stdin. Returns what there is to say.
 */
export async function restore({ file, dataRoot, log }: { file: string; dataRoot: string; log: Log }): Promise<string> {
  if (standingOf(dataRoot) === 'complete') {
    moveIntoPlace(dataRoot);
    return `The restore into ${dataRoot} that was cut off is finished`;
  }
  const inside = openWorkshop(dataRoot);
  try {
    await unpack(file, inside);
    const { version } = readHead(inside);
    checkStore(inside, log);
    await sync(inside);
    markComplete(dataRoot);
    moveIntoPlace(dataRoot);
    return `Restored into ${dataRoot} (a backup of version ${version ?? 'unknown'})`;
  } catch (error) {
    // Of what is complete nothing is given up.
    if (standingOf(dataRoot) !== 'complete') rmSync(join(inside, '..'), { recursive: true, force: true });
    throw error;
  }
}

const flags = [
  '--extract',
  '--ignore-zeros',
  '--numeric-owner',
  '--same-owner',
  '--preserve-permissions',
  '--xattrs',
  '--xattrs-include=*',
  '--sparse',
  '--delay-directory-restore',
];

async function unpack(file: string, directory: string): Promise<void> {
  if (Bun.which('tar') === null) throw new EngineError('unavailable', 'restore needs the program tar');
  const child = Bun.spawn({
    cmd: ['tar', `--file=${file}`, `--directory=${directory}`, ...flags],
    env: { ...process.env, LC_ALL: 'C' },
    stdin: 'inherit',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const [said, code] = await Promise.all([child.stderr.text(), child.exited]);
  if (code === 0) return;
  const why = said.trim().split('\n').slice(0, 3).join('; ');
  throw new EngineError('invalid', `${file} cannot be unpacked: ${why || `tar ended with ${code}`}`);
}

function readHead(directory: string): Head {
  const path = join(directory, 'backup.json');
  if (!existsSync(path)) throw new EngineError('invalid', 'the archive is no backup of tug: it has no backup.json');
  const head = JSON.parse(readFileSync(path, 'utf8')) as Head;
  rmSync(path);
  if (head.format !== knownFormat) {
    const words = `the backup has format ${head.format}, and this version knows ${knownFormat}`;
    throw new EngineError('invalid', `${words}: restore it with tug ${head.version ?? 'of the version that made it'}`);
  }
  return head;
}

/** Whole, and of a schema that is known; an older one is brought up to date. */
function checkStore(directory: string, log: Log): void {
  if (!existsSync(join(directory, 'tug.db'))) {
    throw new EngineError('invalid', 'the backup ends before its end: the database, its last part, is not in it');
  }
  createStore({ dir: directory, log }).close();
}

/** On the disk before anybody is told so. */
async function sync(directory: string): Promise<void> {
  const code = await Bun.spawn(['sync', '-f', directory], { stdio: ['ignore', 'ignore', 'ignore'] }).exited;
  if (code !== 0) throw new EngineError('internal', `sync ${directory} ended with ${code}`);
}
