import type { Context } from '../command.ts';
import { readInput } from '../stdio/input.ts';
import { toBytes } from './bytes.ts';
import { localSource } from './local.ts';
import { pack } from './pack.ts';
import { type Destination, linkTarget, type Plan, planCopy, renameEntry, resolveLocal } from './paths.ts';
import { showCopy } from './progress.ts';
import { archivePath, type PathStat, statPath } from './stat.ts';

/** One copy into a container. */
export interface CopyIn {
  container: string;
  source: string;
  destination: string;
  followLink: boolean;
  keepsOwners: boolean;
  isQuiet: boolean;
}

/** Copies into a container: a local path, or an archive from stdin. */
export async function copyToContainer(context: Context, copy: CopyIn): Promise<void> {
  const { container } = copy;
  const destination = await containerDestination(context, copy);
  const { plan, archive } = copy.source === '-' ? fromStdin(copy, destination) : fromPath(copy, destination);
  const progress = copy.isQuiet ? undefined : showCopy(context.err, 'Copying to container - ');
  try {
    await context.client.send({
      method: 'PUT',
      path: archivePath(container),
      query: { path: plan.directory, noOverwriteDirNonDir: 'true', copyUIDGID: copy.keepsOwners ? 'true' : undefined },
      // What came by stdin is not counted, as in Docker.
      upload: copy.source === '-' ? archive : (progress?.count(archive) ?? archive),
    });
  } finally {
    await progress?.finish(`${container}:${destination.path}`);
  }
}

interface Upload {
  plan: Plan;
  archive: AsyncIterable<Uint8Array>;
}

function fromStdin(copy: CopyIn, destination: Destination): Upload {
  if (!destination.isDirectory) {
    throw new Error(`destination "${copy.container}:${copy.destination}" must be a directory`);
  }
  return { plan: { directory: destination.path }, archive: readInput() };
}

function fromPath(copy: CopyIn, destination: Destination): Upload {
  const source = localSource(resolveLocal(copy.source), copy.followLink);
  const plan = planCopy(source, destination);
  const rename = plan.rename && { from: toBytes(plan.rename.from), to: toBytes(plan.rename.to) };
  return { plan, archive: pack(source, (name) => (rename ? renameEntry(name, { rename }) : name)) };
}

/** What the destination is; a link there stands for what it points to. */
async function containerDestination({ client }: Context, copy: CopyIn): Promise<Destination> {
  const ask = (path: string): Promise<PathStat | undefined> =>
    // A path that is not there may be made; whatever else is wrong with it fails the copy itself, in the right words.
    statPath(client, copy.container, path).catch(() => undefined);
  let path = copy.destination;
  let stat = await ask(path);
  if (stat?.linkTarget !== undefined) {
    path = linkTarget(path, stat.linkTarget);
    stat = await ask(path);
  }
  if (stat?.isDevice) {
    const named = `"${copy.container}:${copy.destination}"`;
    throw new Error(`destination ${named} must be a directory or a regular file: got a device`);
  }
  return { path, exists: stat !== undefined, isDirectory: stat?.isDirectory === true };
}
