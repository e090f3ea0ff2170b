import { EngineError } from '../kit/index.ts';
import { hostPlatform, type Platform } from '../oci/index.ts';
import { toldCheck, toldOutline, toldTargets } from './calls/told.ts';
import type { BuildOutcome, BuildRequest } from './contract.ts';
import { asBuildFailure } from './failure.ts';
import { digestOfParts } from './graph/vertex.ts';
import {
  type Dockerfile,
  DockerfileError,
  type Evaluation,
  evaluate,
  parseDockerfile,
  type ShownFile,
  showWarnings,
  type Warning,
} from './language/index.ts';
import type { Progress } from './progress.ts';
import type { Origins } from './source/origins.ts';

export interface Understanding {
  request: BuildRequest;
  progress: Progress;
  origins: Origins;
  onWarning?(warning: Warning): void;
}

/** Reads the Dockerfile. */
export function loadDockerfile({ request, progress, onWarning }: Understanding): Promise<Dockerfile> {
  const { name, bytes } = request.dockerfile;
  const title = `[internal] load build definition from ${name}`;
  const check = request.buildArgs.get('BUILDKIT_DOCKERFILE_CHECK');
  return progress.during({ digest: digestOfParts(title), name: title }, async () =>
    parseDockerfile(bytes, { ...(check !== undefined && { check }), ...(onWarning && { onWarning }) }),
  );
}

/** Finds out what there is to do for a platform, without one for this host. */
export function evaluateFor(
  { request, origins, onWarning }: Understanding,
  dockerfile: Dockerfile,
  { platform, isOneOfSeveral }: { platform?: Platform | undefined; isOneOfSeveral: boolean },
): Promise<Evaluation> {
  return evaluate(dockerfile, {
    buildArgs: request.buildArgs,
    labels: request.labels,
    buildPlatform: hostPlatform(),
    multiPlatform: isOneOfSeveral,
    ...(request.target !== undefined && { target: request.target }),
    ...(platform && { targetPlatform: platform }),
    hasContext: (name) => request.contexts.has(name),
    resolveBase: origins.resolve,
    ignorePatterns: async () => request.ignored ?? [],
    ...(onWarning && { onWarning }),
    ...(request.call === 'check' && { allStages: request.target === undefined }),
  });
}

/** Answers `--call`. What is found before a mistake is told with the mistake. */
export async function answerCall(understanding: Understanding): Promise<BuildOutcome> {
  const { request } = understanding;
  const [platform] = request.platforms;
  const source = request.dockerfile.bytes;
  const none = { known: false, names: request.names, findings: '', warnings: [], metadata: {} };
  if (request.call === 'check') return { ...none, ...(await checked(understanding)) };
  const dockerfile = await loadDockerfile(understanding);
  if (request.call === 'targets') return { ...none, told: toldTargets(dockerfile, source) };
  const { outline } = await evaluateFor(understanding, dockerfile, { platform, isOneOfSeveral: false });
  return { ...none, told: toldOutline(outline, source) };
}

async function checked(
  understanding: Understanding,
): Promise<Pick<BuildOutcome, 'warnings' | 'findings' | 'told' | 'failure'>> {
  const { request } = understanding;
  const warnings: Warning[] = [];
  const all = { ...understanding, onWarning: (warning: Warning) => void warnings.push(warning) };
  const file = shownFile(request);
  const { failure } = await loadDockerfile(all)
    .then((dockerfile) => evaluateFor(all, dockerfile, { platform: request.platforms[0], isOneOfSeveral: false }))
    .then(
      () => ({ failure: undefined }),
      (error: unknown) => {
        if (error instanceof DockerfileError) return { failure: asBuildFailure(error, file) };
        throw error;
      },
    );
  const told = toldCheck(warnings, failure, { name: file.name, source: request.dockerfile.bytes });
  return { findings: showWarnings(file, warnings), warnings, told, ...(failure && { failure }) };
}

export const shownFile = ({ dockerfile }: BuildRequest): ShownFile => ({
  name: dockerfile.name,
  source: Buffer.from(dockerfile.bytes).toString(),
});

/** SOURCE_DATE_EPOCH, in seconds. */
export function epochOf({ buildArgs }: BuildRequest): number | undefined {
  const text = buildArgs.get('SOURCE_DATE_EPOCH');
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw new EngineError('invalid', `invalid SOURCE_DATE_EPOCH: ${text}`);
  return Number(text);
}
