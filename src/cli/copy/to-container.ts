import { ApiError } from '../../client/index.ts';
import type { Context } from '../command.ts';
import { readInput } from '../stdio/input.ts';
import { toBytes } from './bytes.ts';
import { followCopy, isCopied, openFor } from './direct.ts';
import { createGivenSources, mayBeLarge, takesFiles } from './given.ts';
import { localSource } from './local.ts';
import { pack } from './pack.ts';
import {
  type Destination,
  linkTarget,
  type Plan,
  planCopy,
  renameEntry,
  resolveLocal,
  type Source,
  splitEntry,
} from './paths.ts';
import { type Progress, showCopy } from './progress.ts';
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
  const plan = copy.source === '-' ? planStdin(copy, destination) : planPath(copy, destination);
  const progress = copy.isQuiet ? undefined : showCopy(context.err, 'Copying to container - ');
  if (plan.source?.isDirectory && (await copiedAtOnce(context, { ...copy, plan, source: plan.source }, progress))) {
    return progress?.finish(`${container}:${destination.path}`);
  }
  const gives = plan.source && mayBeLarge(plan.source) && (await takesFiles(context.client));
  const given = gives ? createGivenSources(addTo(progress)) : undefined;
  const archive = plan.source ? pack(plan.source, { rename: renamer(plan), given }) : readInput();
  try {
    await context.client.send({
      method: 'PUT',
      path: `${given ? '/tug' : ''}${archivePath(container)}`,
      query: { path: plan.directory, noOverwriteDirNonDir: 'true', copyUIDGID: copy.keepsOwners ? 'true' : undefined },
      // What came by stdin is not counted, as in Docker.
      upload: plan.source ? (progress?.count(archive) ?? archive) : archive,
    });
  } finally {
    given?.close();
    await progress?.finish(`${container}:${destination.path}`);
  }
}

/** A directory that an engine of this machine copies by itself; false where an archive must go to it. */
async function copiedAtOnce(
  { client }: Context,
  { container, keepsOwners, plan, source }: Pick<CopyIn, 'container' | 'keepsOwners'> & { plan: Plan; source: Source },
  progress: Progress | undefined,
): Promise<boolean> {
  const name = renamer(plan)(toBytes(source.rebaseName ?? splitEntry(source.path)[1]));
  const from = openFor(client, source.path, name);
  if (!from) return false;
  const path = `/tug/containers/${encodeURIComponent(container)}/tree`;
  const query = { path: plan.directory, copyUIDGID: keepsOwners ? 'true' : undefined, ...from.query };
  try {
    const reply = await client.request({ method: 'POST', path, query });
    return isCopied(reply) && (await followCopy(reply, (bytes) => progress?.add(bytes)));
  } catch (error) {
    // What is wrong is told by the archive's way, in the right words.
    if (error instanceof ApiError) return false;
    throw error;
  } finally {
    from.close();
  }
}

const addTo = (progress: Progress | undefined) => (bytes: number) => progress?.add(bytes);

/** Without a source the archive comes by stdin. */
type Upload = Plan & { source?: Source };

function planStdin(copy: CopyIn, destination: Destination): Upload {
  if (!destination.isDirectory) {
    throw new Error(`destination "${copy.container}:${copy.destination}" must be a directory`);
  }
  return { directory: destination.path };
}

function planPath(copy: CopyIn, destination: Destination): Upload {
  const source = localSource(resolveLocal(copy.source), copy.followLink);
  return { ...planCopy(source, destination), source };
}

function renamer({ rename }: Plan): (name: string) => string {
  const bytes = rename && { from: toBytes(rename.from), to: toBytes(rename.to) };
  return (name) => (bytes ? renameEntry(name, { rename: bytes }) : name);
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
