import type { Client } from '../../client/index.ts';
import type { Context } from '../command.ts';
import { toBytes } from './bytes.ts';
import { followCopy, isCopied, type OpenDirectory, openFor } from './direct.ts';
import { createGivenTargets, takesFiles } from './given.ts';
import { checkOutput, localDestination } from './local.ts';
import { linkTarget, planCopy, rebased, renameEntry, resolveLocal, type Source, splitEntry } from './paths.ts';
import { type Progress, showCopy } from './progress.ts';
import { archivePath, readStat, statPath } from './stat.ts';
import { unpack } from './unpack.ts';

/** One copy out of a container. */
export interface CopyOut {
  container: string;
  source: string;
  destination: string;
  followLink: boolean;
  isQuiet: boolean;
}

/** Copies out of a container, to a local path or as an archive to stdout. */
export async function copyFromContainer(context: Context, copy: CopyOut): Promise<void> {
  const { client, out, err } = context;
  const { container } = copy;
  const destination = copy.destination === '-' ? '-' : resolveLocal(copy.destination);
  checkOutput(destination);
  const { path, rebaseName } = copy.followLink ? await followed(context, copy) : { path: copy.source };
  if (destination === '-') {
    const { body } = await client.request({ method: 'GET', path: archivePath(container), query: { path } });
    for await (const bytes of body) await out.write(bytes);
    return;
  }
  const named = { path, ...(rebaseName === undefined ? {} : { rebaseName }) };
  const progress = copy.isQuiet ? undefined : showCopy(err, 'Copying from container - ');
  const fills = await fillsFiles(client);
  const into = fills ? placeFor(client, { ...named, isDirectory: true }, destination) : undefined;
  try {
    const copying = { container, named, destination, fills, progress };
    if (!(await take(context, copying, into))) await take(context, copying);
  } finally {
    into?.close();
    await progress?.finish(destination);
  }
}

interface Copying {
  container: string;
  named: Omit<Source, 'isDirectory'>;
  destination: string;
  fills: boolean;
  progress: Progress | undefined;
}

/** Asks for it, and unpacks what comes unless the engine has put it there; false where that must be asked for as an archive. */
async function take(
  { client }: Context,
  { container, named, destination, fills, progress }: Copying,
  into?: OpenDirectory,
): Promise<boolean> {
  const targets = fills ? createGivenTargets((bytes) => progress?.add(bytes)) : undefined;
  const reply = await client.request({
    ...(targets
      ? { method: 'POST', path: `/tug${archivePath(container)}`, upload: targets.names }
      : { method: 'GET', path: archivePath(container) }),
    query: { path: named.path, ...into?.query },
  });
  try {
    if (isCopied(reply)) return await followCopy(reply, (bytes) => progress?.add(bytes));
    const source = { ...named, isDirectory: readStat(reply.headers).isDirectory };
    const plan = planCopy(source, localDestination(destination));
    const rename = renamer(source, plan);
    await unpack(progress?.count(reply.body) ?? reply.body, plan.directory, { rename, fill: targets?.fill });
    return true;
  } finally {
    targets?.end();
    reply.close();
  }
}

/** Where the engine may put a directory by itself; undefined where the archive's way finds what is wrong. */
function placeFor(client: Client, source: Source, destination: string): OpenDirectory | undefined {
  try {
    const plan = planCopy(source, localDestination(destination));
    return openFor(client, plan.directory, renamer(source, plan)(toBytes(splitEntry(source.path)[1])));
  } catch {
    return undefined;
  }
}

/** The engine is root, whom no quota stops: only root has it write. */
async function fillsFiles(client: Client): Promise<boolean> {
  return process.geteuid?.() === 0 && (await takesFiles(client));
}

/** The target of a link in its stead. */
async function followed(
  { client }: Context,
  { container, source }: CopyOut,
): Promise<{ path: string; rebaseName?: string }> {
  // What cannot be asked about now fails by itself in a moment, and in the right words.
  const stat = await statPath(client, container, source).catch(() => undefined);
  return stat?.linkTarget === undefined ? { path: source } : rebased(source, linkTarget(source, stat.linkTarget));
}

/** The archive names things after the path that was asked for: a followed link's own name comes first, then the plan's. */
function renamer(source: Source, { rename }: ReturnType<typeof planCopy>): (name: string) => string {
  const steps = [
    ...(source.rebaseName === undefined ? [] : [{ from: splitEntry(source.path)[1], to: source.rebaseName }]),
    ...(rename ? [rename] : []),
  ].map(({ from, to }) => ({ rename: { from: toBytes(from), to: toBytes(to) } }));
  return (name) => steps.reduce(renameEntry, name);
}
