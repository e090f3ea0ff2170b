import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../kit/index.ts';
import type { Reserve } from './reserve.ts';

/** Says so where the directory of an open store is not there any more, or another is in its place. */
export type Lost = () => string | undefined;

/** What is written to a directory that was moved or removed is found by nobody again. The database must be there. */
export function watchPlace(dir: string): Lost {
  const opened = identityOf(dir);
  const words = `the data root ${dir} is gone; what runs goes on, nothing new is made`;
  return () => (identityOf(dir) === opened ? undefined : words);
}

/** Nothing new is admitted to a lost directory either. */
export function heldWhereItIs(reserve: Reserve, lost: Lost): Reserve {
  return {
    ...reserve,
    hold() {
      const words = lost();
      if (words !== undefined) throw new EngineError('internal', words);
      reserve.hold();
    },
  };
}

function identityOf(dir: string): string | undefined {
  const found = statSync(join(dir, 'tug.db'), { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
