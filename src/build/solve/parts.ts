import { textOf } from '../copy/paths.ts';
import { definitionOf, digestOfParts, sourcesOf, type Vertex } from '../graph/vertex.ts';
import type { Mount } from '../language/index.ts';
import type { Build } from './build.ts';
import { copyChecksums, mountChecksum, usingTree } from './keys.ts';
import { layersOf, type Result } from './result.ts';

/** What a key is made of, by names that people understand. */
export type KeyParts = Record<string, string>;

/** What comes from outside of the graph: files of the main context, downloads, the proxies' absence. */
export async function localParts(build: Build, vertex: Vertex): Promise<KeyParts> {
  const { step } = vertex;
  if (!step || step.kind === 'workdir') return epochPart(build);
  const { context, signal } = build;
  const parts: KeyParts = epochPart(build);
  if (step.kind !== 'run') {
    if (step.from.kind === 'context' && step.sources.some(({ kind }) => kind === 'path')) {
      Object.assign(parts, filesParts(await copyChecksums(context, step, { files: await build.files(), signal })));
    }
    for (const source of step.sources) {
      if (source.kind !== 'path')
        parts[source.kind === 'http' ? source.url : source.git.remote] = await build.origins.key(source);
    }
    return parts;
  }
  for (const mount of step.mounts) {
    if (mount.type !== 'bind' || mount.from.kind !== 'context') continue;
    const { root } = await build.files();
    parts[`mount ${mount.target}`] = await mountChecksum(context, { root, path: mount.source, step, signal });
  }
  return parts;
}

/** Beyond so many a key would grow too large: then one digest stands for all. */
const mostFiles = 100;

function filesParts(sums: [name: string, digest: string][]): KeyParts {
  if (sums.length > mostFiles) return { files: digestOfParts(sums) };
  return Object.fromEntries(sums.map(([name, digest]) => [`/${textOf(name)}`, digest]));
}

const epochPart = ({ epoch }: Build): KeyParts => (epoch === undefined ? {} : { epoch: String(epoch) });

/** The same key by what its inputs have turned out to be: of a stage that is copied from counts only what is copied. */
export async function contentParts(
  build: Build,
  vertex: Vertex,
  { parent, inputs }: { parent: Result; inputs: Result[] },
): Promise<KeyParts> {
  const { step } = vertex;
  const parts: KeyParts = {
    step: digestOfParts(step && definitionOf(step)),
    base: parent.record ?? parent.key,
    ...(await localParts(build, vertex)),
  };
  if (!step || step.kind === 'workdir') return parts;
  const stages = sourcesOf(step).filter(({ kind }) => kind === 'stage');
  for (const [index] of stages.entries()) {
    const input = inputs[index];
    if (input) parts[`input ${index}`] = await inputChecksum(build, vertex, { input, index });
  }
  return parts;
}

async function inputChecksum(
  build: Build,
  { step }: Vertex,
  { input, index }: { input: Result; index: number },
): Promise<string> {
  const { context, signal } = build;
  if (!step || step.kind === 'workdir') return input.key;
  return usingTree(treeOf(build, input), async (root) => {
    if (step.kind !== 'run') return digestOfParts(await copyChecksums(context, step, { files: { root }, signal }));
    const mount = mountsFromStages(step.mounts)[index];
    // What a cache mount begins with says nothing of what the step makes.
    if (mount?.type !== 'bind') return 'cache';
    return mountChecksum(context, { root, path: mount.source, step, signal });
  });
}

export function mountsFromStages(mounts: readonly Mount[]) {
  return mounts.flatMap((mount) => ('from' in mount && mount.from.kind === 'stage' ? [mount] : []));
}

/** The tree of a result, open; the caller closes it. */
export function treeOf({ context }: Build, result: Result): number {
  return context.snapshots.viewImage(layersOf(result));
}
