import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';

/** A directory for what a step alone has, made when something is to lie there: most have nothing. */
export interface StepPlace {
  readonly id: string;
  directory(): string;
  remove(): void;
}

export function createStepPlace(context: Pick<Context, 'directory'>, id: string): StepPlace {
  const path = join(context.directory, 'run', id);
  let made = false;
  return {
    id,
    directory() {
      if (!made) mkdirSync(path, { recursive: true, mode: 0o700 });
      made = true;
      return path;
    },
    remove() {
      if (made) rmSync(path, { recursive: true, force: true });
    },
  };
}
