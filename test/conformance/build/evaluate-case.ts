import { parseIgnore } from '../../../src/api/ignore/index.ts';
import {
  DockerfileError,
  type Evaluation,
  evaluate,
  parseDockerfile,
  type ResolvedBase,
  showPlaces,
  showWarning,
  type Warning,
} from '../../../src/build/language/index.ts';
import { EngineError } from '../../../src/kit/index.ts';
import type { Platform } from '../../../src/oci/index.ts';
import type { Case } from './cases.ts';
import { type Answer, baseFiles, shownImage, sortedFindings } from './docker-build.ts';

const platform: Platform = { os: 'linux', architecture: 'amd64' };
const box: ResolvedBase = {
  config: {
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: ['sha256:0'] },
    history: [{ comment: 'Imported from -' }],
  },
};

/** What the language alone makes of a case: all but what steps do. */
export async function evaluateCase(test: Case): Promise<Answer> {
  const options = flagsOf(test.flags);
  const check = await checkOf(test, options);
  const file = { name: 'Dockerfile', source: test.dockerfile };
  try {
    const { target } = await evaluateText(test.dockerfile, { ...options, ignore: ignoreOf(test) });
    const { config = {}, history, author } = target.image;
    const image = shownImage({ config: { ...config }, history, ...(author === undefined ? {} : { author }) });
    return { ...check, image };
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return { ...check, error: `${showPlaces(file, error)}ERROR: failed to solve: ${error.message}\n` };
  }
}

interface Options {
  target?: string;
  buildArgs: Map<string, string>;
  labels: Map<string, string>;
}

async function checkOf(test: Case, options: Options): Promise<{ check?: string }> {
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning) => warnings.push(warning);
  try {
    await evaluateText(test.dockerfile, { ...options, ignore: ignoreOf(test), allStages: !options.target, onWarning });
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
  }
  const file = { name: 'Dockerfile', source: test.dockerfile };
  const check = sortedFindings(warnings.map((warning) => showWarning(file, warning)).join(''));
  return check === '' ? {} : { check };
}

async function evaluateText(
  text: string,
  options: Partial<Options> & { ignore?: string; allStages?: boolean; onWarning?: (warning: Warning) => void } = {},
): Promise<Evaluation> {
  const { onWarning, ignore } = options;
  const dockerfile = parseDockerfile(text, onWarning ? { onWarning } : {});
  return evaluate(dockerfile, {
    buildArgs: new Map(),
    buildPlatform: platform,
    ...options,
    hasContext: () => false,
    ignorePatterns: async () => parseIgnore(ignore ?? ''),
    resolveBase: ({ name }) => resolveBase(name),
  });
}

async function resolveBase(name: string): Promise<ResolvedBase> {
  const short = name.replace(/^docker\.io\/library\//, '').replace(/:latest$/, '');
  if (short === 'corpus-box') return box;
  const text = baseFiles[short];
  if (text === undefined) throw new EngineError('notFound', `docker.io/library/${short}:latest: not found`);
  const { target } = await evaluateText(text);
  return { config: { ...target.image, rootfs: { type: 'layers', diff_ids: ['sha256:0'] } } };
}

function ignoreOf({ files }: Case): string {
  const named = ['Dockerfile.dockerignore', '.dockerignore'].map((name) => files.find(({ path }) => path === name));
  return named.find((file) => file !== undefined)?.text ?? '';
}

function flagsOf(flags: readonly string[]): Options {
  const options: Options = { buildArgs: new Map(), labels: new Map() };
  for (let at = 0; at < flags.length; at += 2) {
    const [name, value = ''] = flags.slice(at, at + 2);
    const [key = '', text = ''] = value.split(/=(.*)/s);
    if (name === '--target') options.target = value;
    if (name === '--build-arg') options.buildArgs.set(key, text);
    if (name === '--label') options.labels.set(key, text);
  }
  return options;
}
