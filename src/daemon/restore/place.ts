import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashpoint, EngineError } from '../../kit/index.ts';

/** Where a restore works until all is there. It lies within the data root, which may be a file system of its own. */
const workshop = '.restoring';
/** Says that all is there; what is left to do is to give the parts their places. */
const complete = 'complete';
const database = 'tug.db';

type Standing = 'empty' | 'begun' | 'complete';

/** How far a restore into this data root has come; one that holds anything else is refused. */
export function standingOf(dataRoot: string): Standing {
  mkdirSync(dataRoot, { recursive: true, mode: 0o710 });
  if (existsSync(join(dataRoot, workshop, complete))) return 'complete';
  const found = readdirSync(dataRoot).filter((name) => name !== 'lost+found');
  if (found.some((name) => name !== workshop)) {
    throw new EngineError(
      'conflict',
      `the data root ${dataRoot} is not empty: a backup is restored into an empty one only`,
    );
  }
  return found.length > 0 ? 'begun' : 'empty';
}

/** A new directory for what is restored; what a restore that was cut off left there goes. */
export function openWorkshop(dataRoot: string): string {
  const path = join(dataRoot, workshop);
  rmSync(path, { recursive: true, force: true });
  const inside = join(path, 'data');
  mkdirSync(inside, { recursive: true, mode: 0o700 });
  return inside;
}

/** From here on the restore is finished by whoever comes next, however often it is cut off. */
export function markComplete(dataRoot: string): void {
  writeFileSync(join(dataRoot, workshop, complete), '');
  crashpoint('restore.complete');
}

/** Gives every part its place, the database last: without it no engine takes the directory for its own. */
export function moveIntoPlace(dataRoot: string): void {
  const inside = join(dataRoot, workshop, 'data');
  const parts = readdirSync(inside).toSorted((one, other) => Number(one === database) - Number(other === database));
  for (const name of parts) {
    renameSync(join(inside, name), join(dataRoot, name));
    crashpoint('restore.moved');
  }
  rmSync(join(dataRoot, workshop), { recursive: true, force: true });
}

/** An engine must not begin anew where a restore was cut off. */
export function refuseHalfRestored(dataRoot: string): void {
  if (!existsSync(join(dataRoot, workshop))) return;
  throw new EngineError(
    'conflict',
    `a restore into ${dataRoot} was cut off: run it again (tug system restore), or remove ${join(dataRoot, workshop)} and begin anew`,
  );
}
