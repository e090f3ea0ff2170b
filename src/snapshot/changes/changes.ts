import { closeFd, createLook, type Look, SystemError, tryOpenDirectoryAt, wordsIn, xattrAt } from '../../host/index.ts';
import type { Change } from '../contract.ts';
import { isOpaque, isWhiteout } from '../pack/entry-head.ts';
import { type Below, createAllowance, enterBelow, lookBelow } from './below.ts';

interface Walk {
  changes: Change[];
  /** What is at a name in either directory. */
  above: Look;
  below: Look;
  turn: () => Promise<void> | undefined;
  /** Told how many more files are open. */
  allow: (change: number) => void;
}

/** Two directories of one path: the upper one, and what lies below it. */
interface Pair {
  upper: number;
  lower: Below;
  path: string;
  /** The upper one hides what the lower one has. */
  opaque: boolean;
}

const PATH_MAX = 4096;
const ENAMETOOLONG = 36;

/** Read but so many files before others get their turn. */
const atOnce = 512;

/**
 * What an overlay's upper directory (or with `whole` another whole tree) changes of what is below, as `docker diff` tells it, in the order of
 * the paths. Too many directories at once are EMFILE: a mount of the layers is then the one below.
 */
export async function readChanges(upper: number, lower: Below, { whole }: { whole: boolean }): Promise<Change[]> {
  let count = 0;
  const turn = () => (++count % atOnce === 0 ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined);
  const walk: Walk = { changes: [], above: createLook(), below: createLook(), turn, allow: createAllowance() };
  await compareDirectories(walk, { upper, lower, path: '', opaque: whole });
  return walk.changes;
}

async function compareDirectories(walk: Walk, pair: Pair): Promise<void> {
  // Two files are open for each level: what no path could name is not gone into.
  if (pair.path.length > PATH_MAX) throw new SystemError('open', ENAMETOOLONG);
  for (const [text, name] of namesOf(pair)) {
    const turn = walk.turn();
    if (turn) await turn;
    const entered = compare(walk, pair, { path: `${pair.path}/${toText(text, name)}`, name });
    if (entered) await entered;
  }
}

/** What is in either, in the order of the names' bytes. */
function namesOf({ upper, lower, opaque }: Pair): [text: string, name: Buffer][] {
  const names = wordsIn(upper);
  if (opaque) for (const one of lower) for (const [text, name] of wordsIn(one)) names.set(text, name);
  // Byte strings, which are sorted several times as fast as bytes.
  return [...names].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

const beyondAscii = /[^\0-\x7f]/;

/** Most names read the same as bytes and as text. */
const toText = (bytes: string, name: Buffer): string =>
  beyondAscii.test(bytes) ? name.toString('utf8', 0, name.length - 1) : bytes;

interface Named {
  path: string;
  /** With a NUL at its end. */
  name: Buffer;
}

/** A promise for a directory alone: most files are none, and each would be waited for. */
function compare(walk: Walk, pair: Pair, named: Named): Promise<void> | undefined {
  const { changes, above, below } = walk;
  const { path, name } = named;
  const isThere = above.at(pair.upper, name);
  const wasThere = lookBelow(below, pair.lower, name);
  const kind = isThere ? above.kind() : undefined;
  if (kind === undefined || (kind === 'char' && isWhiteout(above.status()))) {
    if (wasThere) changes.push({ path, kind: 'deleted' });
    return undefined;
  }
  const isSame = wasThere && above.isLike(below) && (kind !== 'file' || hasSameCapability(pair, name));
  const change: Change = { path, kind: wasThere ? 'modified' : 'added' };
  if (kind !== 'directory') {
    if (!isSame) changes.push(change);
    return undefined;
  }
  const at = changes.length;
  const lower = wasThere && below.kind() === 'directory' ? pair.lower : [];
  return enter(walk, { ...pair, lower }, named).then(() => {
    if (!isSame || changes.length > at) changes.splice(at, 0, change);
  });
}

async function enter(walk: Walk, pair: Pair, { path, name }: Named): Promise<void> {
  const word = name.subarray(0, -1);
  const opaque = pair.opaque || isOpaque({ directory: pair.upper, name: word });
  const upperFd = tryOpenDirectoryAt(pair.upper, word);
  if (upperFd === undefined) return;
  const opened = [upperFd];
  try {
    const lower = enterBelow(pair.lower, name);
    opened.push(...lower);
    walk.allow(opened.length);
    await compareDirectories(walk, { upper: upperFd, lower, path, opaque });
    walk.allow(-opened.length);
  } finally {
    opened.forEach(closeFd);
  }
}

/** A file that is there in both, and in the topmost of the layers that have it. */
function hasSameCapability({ upper, lower }: Pair, name: Buffer): boolean {
  const word = name.subarray(0, -1);
  const look = createLook();
  const top = lower.find((directory) => look.at(directory, name));
  return top === undefined || capability(upper, word) === capability(top, word);
}

function capability(directory: number, name: Buffer): string | undefined {
  return xattrAt(directory, name, 'security.capability')?.toString('latin1');
}
