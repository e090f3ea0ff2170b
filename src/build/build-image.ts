import { EngineError } from '../kit/index.ts';
import { formatPlatform, type Platform, parseReference } from '../oci/index.ts';
import type { Context } from './context.ts';
import type { BuildOutcome, BuildRequest } from './contract.ts';
import { checkTargets, exportCaches } from './exchange/export.ts';
import { createImports } from './exchange/imports.ts';
import { asBuildFailure } from './failure.ts';
import { contextPaths } from './graph/context-paths.ts';
import { createGraph, type Graph, told, type Vertex } from './graph/vertex.ts';
import { type Evaluation, showSummary } from './language/index.ts';
import { type Exported, exportOutputs } from './output/outputs.ts';
import { createPacking } from './output/packing.ts';
import { planOf } from './plan.ts';
import { createProgress } from './progress.ts';
import { createAhead } from './run/ahead.ts';
import { unprepare } from './run/prepare.ts';
import type { Build } from './solve/build.ts';
import type { Built } from './solve/built.ts';
import { createSolver } from './solve/solver.ts';
import { createOrigins } from './source/origins.ts';
import { answerCall, epochOf, evaluateFor, loadDockerfile, shownFile } from './understand.ts';

/** Builds.build: reads the Dockerfile, solves what its target needs for each platform, and brings it to where it is wanted. */
export async function buildImage(context: Context, request: BuildRequest): Promise<BuildOutcome> {
  const progress = createProgress(request.onStatus);
  const { signal } = request;
  checkTargets(request.cacheTo);
  const hold = context.cache.hold();
  const origins = createOrigins(context, { request, progress, signal });
  const packing = createPacking(context);
  const ahead = createAhead({ undo: (prepared) => unprepare(context, prepared), log: context.log });
  try {
    const understanding = { request, progress, origins };
    if (request.call) return await answerCall(understanding);
    const dockerfile = await loadDockerfile(understanding);
    const platforms = platformsOf(request);
    const isOneOfSeveral = platforms.length > 1;
    const evaluations = await Promise.all(
      platforms.map((platform) => evaluateFor(understanding, dockerfile, { platform, isOneOfSeveral })),
    );
    const imports = await createImports(context, { request, progress, signal });
    const common = {
      context,
      request,
      progress,
      hold,
      origins,
      ahead,
      packing,
      imports,
      signal,
      epoch: epochOf(request),
    };
    const graphs = evaluations.map((evaluation) => ({ evaluation, graph: createGraph(evaluation) }));
    const paths = contextPaths(graphs.flatMap(({ graph }) => graph.all));
    const files = () => request.context(paths);
    const builds = graphs.map((graph) => buildOf({ ...common, files }, graph));
    const [first] = builds;
    if (first) request.onPlan?.(planOf(dockerfile, first.evaluation, first.build.graph));
    announce(builds);
    const built = await Promise.all(builds.map(solved));
    const exported = await exportOutputs(built);
    await exportCaches(built);
    const warnings = evaluations[0]?.warnings ?? [];
    const { names } = request;
    return { ...exported, names, findings: showSummary(warnings), warnings, metadata: metadataOf(exported, names) };
  } catch (error) {
    if (signal.aborted) throw new EngineError('internal', 'context canceled', error);
    throw asBuildFailure(error, shownFile(request));
  } finally {
    hold.release();
    origins.close();
    context.clearing.add(() => ahead.close());
    context.clearing.add(() => packing.close());
    context.bounds.look();
  }
}

type Common = Omit<Build, 'graph' | 'allows' | 'explain' | 'imageSteps'>;

interface Beginning {
  build: Build;
  evaluation: Evaluation;
}

function buildOf(common: Common, { evaluation, graph }: { evaluation: Evaluation; graph: Graph }): Beginning {
  const { context, request } = common;
  refuseUngranted(graph.all, request);
  refuseNames(graph.all);
  const build = {
    ...common,
    graph,
    allows: allowedBy(context, request),
    imageSteps: imageSteps(graph, request),
    explain: request.onExplain ?? (() => undefined),
  };
  return { build, evaluation };
}

/** What several platforms have in common is told of once. */
function announce(builds: Beginning[]): void {
  const all = new Map<string, Vertex>();
  for (const { build } of builds) {
    for (const vertex of build.graph.all) if (vertex.name !== 'scratch') all.set(vertex.digest, vertex);
  }
  builds[0]?.build.progress.announce([...all.values()].map(told));
}

/** An image has the layers of the target and of all it stands on. */
function imageSteps({ target }: Graph, { outputs }: BuildRequest): ReadonlySet<string> {
  const steps = new Set<string>();
  if (outputs.length > 0 && outputs.every(({ type }) => type === 'local' || type === 'tar')) return steps;
  for (let at: Vertex | undefined = target; at; at = at.parent) steps.add(at.digest);
  return steps;
}

async function solved({ build, evaluation }: Beginning): Promise<Built> {
  const { solve, keyOf } = createSolver(build);
  const result = await solve(build.graph.target);
  return { build, stage: evaluation.target, result, keyOf };
}

/** A privileged step is the privilege of who asks for the build, not of who wrote the file. */
function refuseUngranted(all: Vertex[], { run }: BuildRequest): void {
  const wants = all.some(({ step }) => step?.kind === 'run' && step.security === 'insecure');
  if (wants && !run.insecure) {
    throw new EngineError('forbidden', 'failed to load LLB: security.insecure is not allowed');
  }
}

/** A heredoc's name is a file's, and of no directory; told of no place in the file, as BuildKit does. */
function refuseNames(all: Vertex[]): void {
  const inline = all.flatMap(({ step }) => (step && 'inline' in step ? step.inline : []));
  const wrong = inline.find(({ name }) => name.includes('/'));
  if (wrong) throw new EngineError('notFound', `open /${wrong.name}: no such file or directory`);
}

/** Where images are named whose layers alone may be taken, the beginnings of their stacks are. */
function allowedBy({ images }: Context, { cacheImages }: BuildRequest): Build['allows'] {
  if (cacheImages.length === 0) return () => true;
  const stacks = cacheImages.flatMap((name) => {
    try {
      return [images.resolve(name).layers];
    } catch {
      return [];
    }
  });
  return (stack) => stacks.some((layers) => stack.every(({ layer }, index) => layers[index] === layer));
}

/** What `--metadata-file` says of an image. */
function metadataOf({ id, digest }: Exported, names: string[]): Record<string, unknown> {
  const isList = digest !== undefined;
  return {
    ...(id !== undefined && !isList && { 'containerimage.config.digest': id }),
    ...(id !== undefined && { 'containerimage.digest': digest ?? id }),
    ...(names.length > 0 && { 'image.name': names.map((name) => wholeName(name)).join(',') }),
  };
}

function wholeName(name: string): string {
  const { domain, path, tag } = parseReference(name);
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}`;
}

/** Each platform once; what this builder cannot do is not passed over. */
function platformsOf({ platforms }: BuildRequest): (Platform | undefined)[] {
  if (platforms.length === 0) return [undefined];
  if (platforms.some(({ os }) => os !== 'linux')) {
    throw new EngineError('invalid', 'operating system is not supported');
  }
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
}
