import {
  closeFd,
  type FileStatus,
  type FileTime,
  namesIn,
  openDirectoryAt,
  SystemError,
  tryOpenDirectoryAt,
  tryStatusOf,
  xattrsAt,
} from '../../host/index.ts';
import type { Change } from '../contract.ts';
import { isOpaque, isWhiteout } from '../pack/entry-head.ts';

interface Walk {
  changes: Change[];
  turn: () => Promise<void> | undefined;
}

/** Two directories of one path: the upper one, and the merged one below it where there is one. */
interface Pair {
  upper: number;
  lower: number | undefined;
  path: string;
  /** The upper one hides what the lower one has. */
  opaque: boolean;
}

const PATH_MAX = 4096;
const ENAMETOOLONG = 36;

/** Read but so many files before others get their turn. */
const atOnce = 512;

/** What an overlay's upper directory (or with `whole` another whole tree) changes of what is below, as `docker diff` tells it, in the order of the paths. */
export async function readChanges(
  upper: number,
  lower: number | undefined,
  { whole }: { whole: boolean },
): Promise<Change[]> {
  let count = 0;
  const turn = () => (++count % atOnce === 0 ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined);
  const walk: Walk = { changes: [], turn };
  await compareDirectories(walk, { upper, lower, path: '', opaque: whole });
  return walk.changes;
}

async function compareDirectories(walk: Walk, pair: Pair): Promise<void> {
  // Two files are open for each level: what no path could name is not gone into.
  if (pair.path.length > PATH_MAX) throw new SystemError('open', ENAMETOOLONG);
  for (const name of namesOf(pair)) {
    const turn = walk.turn();
    if (turn) await turn;
    const above = tryStatusOf(pair.upper, name);
    const below = pair.lower === undefined ? undefined : tryStatusOf(pair.lower, name);
    const entered = compare(walk, pair, { name, above, below });
    if (entered) await entered;
  }
}

/** What is in either, in the order of the names' bytes. */
function namesOf({ upper, lower, opaque }: Pair): Buffer[] {
  const names = byText(upper);
  if (opaque && lower !== undefined) for (const [text, name] of byText(lower)) names.set(text, name);
  // Byte strings, which are sorted several times as fast as bytes.
  return [...names.keys()].toSorted().map((text) => names.get(text) as Buffer);
}

const byText = (directory: number) => new Map(namesIn(directory).map((name) => [name.toString('latin1'), name]));

interface Both {
  name: Buffer;
  above: FileStatus | undefined;
  below: FileStatus | undefined;
}

/** A promise for a directory alone: most files are none, and each would be waited for. */
function compare(walk: Walk, pair: Pair, { name, above, below }: Both): Promise<void> | undefined {
  const path = `${pair.path}/${name.toString()}`;
  if (!above || isWhiteout(above)) {
    if (below) walk.changes.push({ path, kind: 'deleted' });
    return undefined;
  }
  const at = walk.changes.length;
  const tell = (): void => {
    const isSame = below !== undefined && !differs(pair, { name, above, below });
    if (isSame && walk.changes.length === at) return;
    walk.changes.splice(at, 0, { path, kind: below === undefined ? 'added' : 'modified' });
  };
  if (above.kind !== 'directory') return void tell();
  return enter(walk, pair, { path, name, lower: below?.kind === 'directory' ? name : undefined }).then(tell);
}

async function enter(
  walk: Walk,
  pair: Pair,
  { path, name, lower }: { path: string; name: Buffer; lower: Buffer | undefined },
): Promise<void> {
  const opaque = pair.opaque || isOpaque({ directory: pair.upper, name });
  const upperFd = tryOpenDirectoryAt(pair.upper, name);
  if (upperFd === undefined) return;
  const lowerFd = lower === undefined || pair.lower === undefined ? undefined : openDirectoryAt(pair.lower, lower);
  try {
    await compareDirectories(walk, { upper: upperFd, lower: lowerFd, path, opaque });
  } finally {
    closeFd(upperFd);
    if (lowerFd !== undefined) closeFd(lowerFd);
  }
}

/** What Docker takes for a difference; a directory's size and times are not. */
function differs(pair: Pair, { name, above, below }: { name: Buffer; above: FileStatus; below: FileStatus }): boolean {
  if (above.kind !== below.kind || above.mode !== below.mode) return true;
  if (above.uid !== below.uid || above.gid !== below.gid || above.node.join() !== below.node.join()) return true;
  if (above.kind !== 'directory') {
    if (above.size !== below.size || !isSameTime(above.modified, below.modified)) return true;
  }
  if (pair.lower === undefined) return false;
  return capability(pair.upper, name) !== capability(pair.lower, name);
}

/** Archives may have dropped the nanoseconds. */
function isSameTime(one: FileTime, other: FileTime): boolean {
  const whole = one.nanoseconds === 0 || other.nanoseconds === 0;
  return one.seconds === other.seconds && (whole || one.nanoseconds === other.nanoseconds);
}

function capability(directory: number, name: Buffer): string | undefined {
  return xattrsAt(directory, name).get('security.capability')?.toString('latin1');
}
