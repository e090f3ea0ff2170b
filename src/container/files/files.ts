import type { Context } from '../context.ts';
import { createArchives } from './archive.ts';
import { commit } from './commit.ts';
import type { ContainerFiles } from './contract.ts';
import { changes, exportRoot } from './export.ts';

/** A container's files, and an image of them. */
export function createFiles(context: Context): ContainerFiles {
  return {
    ...createArchives(context),
    exportRoot: (reference) => exportRoot(context, reference),
    changes: (reference) => changes(context, reference),
    commit: (reference, options) => commit(context, reference, options),
  };
}
