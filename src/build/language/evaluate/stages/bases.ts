import { messageOf } from '../../../../kit/index.ts';
import {
  familiarString,
  formatPlatform,
  type Platform,
  parseReference,
  platformMatches,
  type Reference,
  withDefaultTag,
} from '../../../../oci/index.ts';
import { messages } from '../../checks/rules.ts';
import type { BaseRequest } from '../../contract.ts';
import { at, DockerfileError, located } from '../../error.ts';
import { quote } from '../../text/quote.ts';
import { withSuggestion } from '../../text/suggest.ts';
import { emptyImage, imageOf } from '../config/image.ts';
import type { Evaluator, StageState } from '../state.ts';
import { stepLabel } from '../steps/label.ts';

/** The key of the named context that stands for a name, if there is one. */
export function contextFor(evaluator: Evaluator, name: string, platform: Platform): string | undefined {
  const { hasContext } = evaluator.options;
  if (name === '' || ['scratch', 'context'].includes(name.toLowerCase())) return undefined;
  const familiar = contextName(name).replace(/:latest$/, '');
  return [`${familiar}::${formatPlatform(platform)}`, familiar].find((key) => hasContext?.(key));
}

function contextName(name: string): string {
  try {
    return familiarString(parseReference(name));
  } catch (error) {
    throw new DockerfileError(`invalid context name ${name}: ${messageOf(error)}`);
  }
}

/** Finds out what the stages that are needed begin with; of others only whether their names are right. */
export async function resolveBases(evaluator: Evaluator, needed: ReadonlySet<StageState>): Promise<void> {
  const wanted = evaluator.states.filter((state) => !state.base && !state.isDone && !state.isResolved);
  const all = wanted.map(async (state) => {
    const isNeeded = needed.has(state) || evaluator.options.allStages === true;
    state.isResolved = isNeeded;
    if (state.baseName !== 'scratch' || state.context !== undefined) await resolveBase(evaluator, state, isNeeded);
    else {
      state.platform = evaluator.targetPlatform;
      state.image = emptyImage(evaluator.targetPlatform);
    }
    if (state.unregistered) state.isDone = true;
  });
  // All are waited for, so that none goes on behind the back of whoever is told of the first failure.
  for (const outcome of await Promise.allSettled(all)) if (outcome.status === 'rejected') throw outcome.reason;
}

async function resolveBase(evaluator: Evaluator, state: StageState, isNeeded: boolean): Promise<void> {
  const written = state.baseName;
  const platform = state.platform ?? evaluator.targetPlatform;
  const reference = state.context === undefined ? referenceOf(state) : undefined;
  if (!isNeeded) return;
  const name = reference ? fullName(reference) : written;
  const context = state.context ?? (reference && contextFor(evaluator, name, platform));
  state.request = { name, written, platform, ...(context === undefined ? {} : { context }) };
  const resolved = await ask(evaluator, state, state.request);
  state.resolved = resolved;
  state.image = resolved.config ? imageOf(resolved.config) : emptyImage(platform);
  if (state.context !== undefined) {
    const { os, architecture, variant } = state.image;
    if (resolved.config && os && architecture) {
      state.platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    }
    state.isDone = true;
    return;
  }
  state.platform = platform;
  if (context !== undefined) return;
  const digest = resolved.digest === undefined ? '' : `@${resolved.digest}`;
  state.label = stepLabel(evaluator, state, `FROM ${name}${digest}`);
  checkBasePlatform(evaluator, state, written);
}

function referenceOf(state: StageState): Reference {
  return at(state.ranges, () => {
    try {
      return withDefaultTag(parseReference(state.baseName));
    } catch (error) {
      throw new DockerfileError(`failed to parse stage name ${quote(state.baseName)}: ${messageOf(error)}`);
    }
  });
}

function fullName({ domain, path, tag, digest }: Reference): string {
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

async function ask(evaluator: Evaluator, state: StageState, request: BaseRequest) {
  try {
    return await evaluator.options.resolveBase(request);
  } catch (error) {
    if (request.context !== undefined) throw located(error, state.ranges);
    const names = evaluator.states.map(({ name }) => name).filter((name) => name !== '');
    const message = withSuggestion(`${request.written}: ${messageOf(error)}`, request.written, [...names, ...common]);
    throw new DockerfileError(message, [state.ranges], error);
  }
}

const common = ['alpine', 'busybox', 'centos', 'debian', 'golang', 'ubuntu', 'fedora'].flatMap((name) => [
  name,
  `${name}:latest`,
]);

function checkBasePlatform(evaluator: Evaluator, { image, platform, ranges }: StageState, written: string): void {
  const { os, architecture, variant } = image;
  const actual = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  const expected = platform ?? evaluator.targetPlatform;
  if (os === expected.os && platformMatches({ os, architecture }, { os, architecture: expected.architecture })) return;
  const message = messages.basePlatform(written, formatPlatform(expected), formatPlatform(actual));
  evaluator.checker.report('InvalidBaseImagePlatform', ranges, message);
}
