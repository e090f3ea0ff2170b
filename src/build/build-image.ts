import { EngineError } from '../kit/index.ts';
import { hostPlatform, parseReference } from '../oci/index.ts';
import { keepWithin } from './cache/policy.ts';
import type { Context } from './context.ts';
import type { BuildOutcome, BuildRequest } from './contract.ts';
import { asBuildFailure } from './failure.ts';
import { createGraph, digestOfParts, told, type Vertex } from './graph/vertex.ts';
import {
  type Dockerfile,
  DockerfileError,
  type Evaluation,
  evaluate,
  parseDockerfile,
  showSummary,
  showWarnings,
  type Warning,
} from './language/index.ts';
import { type Exported, exportOutputs } from './output/outputs.ts';
import { planOf } from './plan.ts';
import { createProgress, type Progress } from './progress.ts';
import { createAhead } from './run/ahead.ts';
import { unprepare } from './run/prepare.ts';
import type { Build } from './solve/build.ts';
import { createSolver } from './solve/solver.ts';
import { createOrigins, type Origins } from './source/origins.ts';

/** Builds.build: reads the Dockerfile, solves what its target needs, and writes the image down. */
export async function buildImage(context: Context, request: BuildRequest): Promise<BuildOutcome> {
  const progress = createProgress(request.onStatus);
  const { signal } = request;
  const hold = context.cache.hold();
  refuseUnknown(request);
  const origins = createOrigins(context, { request, progress, signal });
  const ahead = createAhead({ undo: (prepared) => unprepare(context, prepared), log: context.log });
  try {
    if (request.checkOnly) return await checked(request, { progress, origins });
    const { dockerfile, evaluation } = await understood(request, { progress, origins });
    const { warnings } = evaluation;
    const findings = showSummary(warnings);
    const { names } = request;
    const graph = createGraph(evaluation);
    refuseUngranted(graph.all, request);
    request.onPlan?.(planOf(dockerfile, evaluation, graph));
    const build: Build = {
      context,
      request,
      graph,
      progress,
      hold,
      origins,
      ahead,
      signal,
      epoch: epochOf(request),
      allows: allowedBy(context, request),
      explain: request.onExplain ?? (() => undefined),
      files: request.context,
    };
    progress.announce(graph.all.filter(({ name }) => name !== 'scratch').map(told));
    const solve = createSolver(build);
    const result = await solve(graph.target);
    const exported = await exportOutputs(build, { stage: evaluation.target, result });
    return { ...exported, names, findings, warnings, metadata: metadataOf(exported, names) };
  } catch (error) {
    if (signal.aborted) throw new EngineError('internal', 'context canceled', error);
    throw asBuildFailure(error, shownFile(request));
  } finally {
    hold.release();
    origins.close();
    context.clearing.add(() => ahead.close());
    context.clearing.add(() => keepWithin(context));
  }
}

/** A privileged step is the privilege of who asks for the build, not of who wrote the file. */
function refuseUngranted(all: Vertex[], { run }: BuildRequest): void {
  const wants = all.some(({ step }) => step?.kind === 'run' && step.security === 'insecure');
  if (wants && !run.insecure) {
    throw new EngineError('forbidden', 'failed to load LLB: security.insecure is not allowed');
  }
}

/** What is found before a mistake is told with the mistake. */
async function checked(request: BuildRequest, using: { progress: Progress; origins: Origins }): Promise<BuildOutcome> {
  const warnings: Warning[] = [];
  const file = shownFile(request);
  const { failure } = await understood(request, { ...using, onWarning: (warning) => warnings.push(warning) }).then(
    () => ({ failure: undefined }),
    (error: unknown) => {
      if (error instanceof DockerfileError) return { failure: asBuildFailure(error, file) };
      throw error;
    },
  );
  const findings = showWarnings(file, warnings);
  return { known: false, names: request.names, findings, warnings, metadata: {}, ...(failure && { failure }) };
}

async function understood(
  request: BuildRequest,
  {
    progress,
    origins,
    onWarning = () => undefined,
  }: { progress: Progress; origins: Origins; onWarning?: (warning: Warning) => void },
): Promise<{ dockerfile: Dockerfile; evaluation: Evaluation }> {
  const { name, bytes } = request.dockerfile;
  const title = `[internal] load build definition from ${name}`;
  const check = request.buildArgs.get('BUILDKIT_DOCKERFILE_CHECK');
  const dockerfile = await progress.during({ digest: digestOfParts(title), name: title }, async () =>
    parseDockerfile(bytes, { ...(check !== undefined && { check }), onWarning }),
  );
  const evaluation = await evaluate(dockerfile, {
    buildArgs: request.buildArgs,
    labels: request.labels,
    buildPlatform: hostPlatform(),
    ...(request.target !== undefined && { target: request.target }),
    ...(request.platform && { targetPlatform: request.platform }),
    hasContext: (name) => request.contexts.has(name),
    resolveBase: origins.resolve,
    ignorePatterns: async () => request.ignored ?? [],
    onWarning,
    ...(request.checkOnly && { allStages: request.target === undefined }),
  });
  return { dockerfile, evaluation };
}

function epochOf({ buildArgs }: BuildRequest): number | undefined {
  const text = buildArgs.get('SOURCE_DATE_EPOCH');
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw new EngineError('invalid', `invalid SOURCE_DATE_EPOCH: ${text}`);
  return Number(text);
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
function metadataOf({ id }: Exported, names: string[]): Record<string, unknown> {
  return {
    ...(id !== undefined && { 'containerimage.config.digest': id, 'containerimage.digest': id }),
    ...(names.length > 0 && { 'image.name': names.map((name) => wholeName(name)).join(',') }),
  };
}

function wholeName(name: string): string {
  const { domain, path, tag } = parseReference(name);
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}`;
}

const shownFile = ({ dockerfile }: BuildRequest) => ({
  name: dockerfile.name,
  source: Buffer.from(dockerfile.bytes).toString(),
});

/** What this builder cannot do is not passed over. */
function refuseUnknown({ cacheFrom, cacheTo, platform }: BuildRequest): void {
  const [location] = [...cacheFrom, ...cacheTo];
  if (location)
    throw new EngineError('unsupported', `cache of type ${location.type ?? ''} cannot be imported or exported yet`);
  if (platform && platform.os !== 'linux') throw new EngineError('invalid', 'operating system is not supported');
}
