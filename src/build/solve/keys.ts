import { closeFd } from '../../host/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { Files } from '../contract.ts';
import { checksum } from '../copy/checksum.ts';
import { excludesOf, type Found, notFound, type Origin, placeIn, selected } from '../copy/copy-step.ts';
import { byteString } from '../copy/paths.ts';
import { isThere } from '../copy/select.ts';
import type { CopyStep, Step } from '../language/index.ts';

/** The digests of what a COPY takes out of a tree, by the names it will have. */
export async function copyChecksums(
  context: Context,
  step: CopyStep,
  { files, signal }: { files: Pick<Files, 'root'>; signal: AbortSignal },
): Promise<[name: string, digest: string][]> {
  const sums: [string, string][] = [];
  for (const source of step.sources) {
    if (source.kind !== 'path') continue;
    const { path: written, parents } = source;
    const origin = { root: files.root, path: written, unpack: false, ...(parents && { parents }) };
    for (const { path } of found(origin)) {
      sums.push([path, await pathChecksum(context, { root: files.root, path, step, signal })]);
    }
  }
  return sums;
}

function found(origin: Origin): Found[] {
  try {
    return selected(origin);
  } catch (error) {
    throw noChecksum(error);
  }
}

function noChecksum(error: unknown): EngineError {
  const words = 'failed to compute cache key: failed to calculate checksum of ref';
  return new EngineError('invalid', `${words}: ${messageOf(error)}`, error);
}

async function pathChecksum(
  context: Context,
  of: { root: number; path: string; step: Step; signal: AbortSignal },
): Promise<string> {
  const { root, path, step, signal } = of;
  const place = placeIn(root, path);
  const { excludes } = step.kind === 'copy' || step.kind === 'add' ? excludesOf(step) : {};
  const owners = step.kind === 'run' || step.kind === 'workdir' || step.chown === '';
  try {
    return await checksum(place, { digests: context.digests, owners, excludes, signal });
  } finally {
    place.close();
  }
}

/** The digest of what a mount shows of a tree. */
export async function mountChecksum(
  context: Context,
  of: { root: number; path: string; step: Step; signal: AbortSignal },
): Promise<string> {
  const path = byteString(of.path);
  if (!isThere(of.root, path)) throw noChecksum(notFound(of.path));
  return pathChecksum(context, { ...of, path });
}

/** Does something with a tree that is open for that time. */
export async function usingTree<T>(root: number, work: (root: number) => Promise<T>): Promise<T> {
  try {
    return await work(root);
  } finally {
    closeFd(root);
  }
}
