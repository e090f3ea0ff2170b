import { closeFd, createLook, type Look, openDirectoryAt, SystemError } from '../../host/index.ts';
import { isOpaque, isWhiteout } from '../pack/entry-head.ts';

/**
 * A directory of each layer that has it, open for reading, the topmost first: together what an overlay would show. Asked one by one they
 * answer several times as fast as a mount, which learns every name anew.
 */
export type Below = readonly number[];

/** Asks what the layers have at a name (with its NUL); false where nothing is. */
export function lookBelow(look: Look, below: Below, name: Buffer): boolean {
  for (const directory of below) if (look.at(directory, name)) return !isGone(look);
  return false;
}

const isGone = (look: Look): boolean => look.kind() === 'char' && isWhiteout(look.status());

/** The directories of a name in each of the layers, as far down as they are seen. The caller closes them. */
export function enterBelow(below: Below, name: Buffer): Below {
  const look = createLook();
  const word = name.subarray(0, -1);
  const entered: number[] = [];
  try {
    for (const directory of below) {
      if (!look.at(directory, name)) continue;
      if (look.kind() !== 'directory') break;
      entered.push(openDirectoryAt(directory, word));
      // With a single layer nothing could be hidden.
      if (below.length > 1 && isOpaque({ directory, name: word })) break;
    }
    return entered;
  } catch (error) {
    entered.forEach(closeFd);
    throw error;
  }
}

const EMFILE = 24;
const most = 6144;

/** Counts what is open while trees are gone through: others need files, too. More than that is EMFILE. */
export function createAllowance(): (change: number) => void {
  let open = 0;
  return (change) => {
    open += change;
    if (open > most) throw new SystemError('open', EMFILE);
  };
}
