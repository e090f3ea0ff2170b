import { cleanPath } from '../../../../kit/index.ts';
import { messages } from '../../checks/rules.ts';
import type { AddInstruction, CopyInstruction, CopyStep, FileSource, LocalSource, Source } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { tryExpand } from '../../expand/expand.ts';
import { parseChmod } from '../../text/mode.ts';
import { absolutePath } from '../../text/paths.ts';
import { quote } from '../../text/quote.ts';
import { commit } from '../config/image.ts';
import { reported, type Scope } from '../scope.ts';
import { evaluatedOf } from '../stages/evaluated.ts';
import { shownCode, stepLabel } from './label.ts';
import { remoteSource } from './remote-source.ts';

type Instruction = CopyInstruction | AddInstruction;

export function dispatchCopy(instruction: Instruction, scope: Scope): void {
  const { evaluator, state, bound, put } = scope;
  const chown = put(instruction.chown);
  const chmod = put(instruction.chmod);
  const checksum = instruction.kind === 'add' ? put(instruction.checksum) : '';
  const sources = instruction.sources.map(put);
  const dest = put(instruction.dest);
  const inline = instruction.inline.map((file) => ({ name: file.name, data: inlineData(file, scope) }));
  const from = fromOf(instruction, scope);
  const mode = chmod === '' ? undefined : parseChmod(chmod);
  const files = filesOf(instruction, { sources, checksum }, scope);
  const names = [...sources, ...inline.map(({ name }) => `<<${name}`), dest];
  const flags = [
    ...(instruction.kind === 'copy' && instruction.parents ? ['--parents'] : []),
    ...(chown === '' ? [] : [`--chown=${chown}`]),
    ...(chmod === '' ? [] : [`--chmod=${chmod}`]),
  ];
  const createdBy = `${[instruction.kind.toUpperCase(), ...flags, ...names].join(' ')} # buildkit`;
  const shown = shownCode(instruction.code, state.env, { escape: evaluator.dockerfile.directives.escape });
  const step: CopyStep = {
    kind: instruction.kind,
    label: stepLabel(evaluator, state, shown, bound.onbuild),
    createdBy,
    ranges: instruction.ranges,
    onbuild: bound.onbuild,
    instruction,
    platform: state.platform ?? evaluator.targetPlatform,
    from,
    sources: files,
    inline,
    dest: absolutePath(state.image.config.WorkingDir || '/', dest === '.' || dest === '' ? './' : dest, {
      keepSlash: true,
    }),
    chown,
    ...(mode === undefined ? {} : { chmod: mode }),
    link: instruction.link,
    parents: instruction.kind === 'copy' && instruction.parents,
    exclude: instruction.exclude,
    ...(instruction.kind === 'add' && instruction.unpack !== undefined ? { unpack: instruction.unpack } : {}),
  };
  state.steps.push(step);
  commit(state.image, createdBy, true);
}

/** A heredoc's content: variables are put in, quotes are letters, and the escape is always the backslash. */
function inlineData(file: Instruction['inline'][number], { state, bound, checker }: Scope): string {
  if (!file.expand) return file.data;
  const { ranges } = bound.instruction;
  return reported(tryExpand(file.data, state.env, { plainQuotes: true }), { state, ranges, checker });
}

function fromOf(instruction: Instruction, { evaluator, state, bound }: Scope): Source {
  if (instruction.kind === 'add' || instruction.from === '') return { kind: 'context' };
  const [source] = bound.sources;
  if (source?.isDone) return { kind: 'stage', stage: evaluatedOf(evaluator, source) };
  throw new DockerfileError(
    `cannot copy from stage ${quote(instruction.from)}, it needs to be defined before current stage ${quote(state.name)}`,
  );
}

function filesOf(
  instruction: Instruction,
  { sources, checksum }: { sources: readonly string[]; checksum: string },
  scope: Scope,
): FileSource[] {
  if (checksum !== '' && sources.length !== 1) {
    throw new DockerfileError("checksum can't be specified for multiple sources");
  }
  const keepGitDir = instruction.kind === 'add' ? instruction.keepGitDir : undefined;
  return sources.map((source) => {
    const remote = remoteSource(source, { checksum, ...(keepGitDir === undefined ? {} : { keepGitDir }) });
    if (remote && instruction.kind === 'copy') {
      throw new DockerfileError(`source can't be a ${remote.kind === 'git' ? 'git ref' : 'URL'} for COPY`);
    }
    if (remote) return remote;
    if (checksum !== '') throw new DockerfileError('checksum requires HTTP(S) or Git sources');
    if (instruction.kind === 'add' || instruction.from === '') checkIgnored(source, instruction, scope);
    return localSource(source, instruction.kind === 'copy' && instruction.parents);
  });
}

function localSource(written: string, parents: boolean): LocalSource {
  if (!parents) return { kind: 'path', path: cleanPath(absolutePath('/', written)) };
  const pivot = written.indexOf('/./');
  const path = cleanPath(absolutePath('/', pivot < 0 ? '/' : written.slice(0, pivot)));
  const pattern = absolutePath('/', pivot < 0 ? written : written.slice(pivot + 3)).replace(/^\//, '');
  return { kind: 'path', path, parents: { pattern, required: !hasWildcards(path) && !hasWildcards(pattern) } };
}

function hasWildcards(path: string): boolean {
  return /[*?[]/.test(path.replaceAll(/\\./gs, ''));
}

/** Reports what the ignore file leaves out; one with exceptions is not judged. */
function checkIgnored(source: string, { kind, ranges }: Instruction, { evaluator, checker }: Scope): void {
  const { ignore } = evaluator;
  if (ignore.patterns.length === 0 || ignore.patterns.some((pattern) => pattern.startsWith('!'))) return;
  const path = cleanPath(source);
  const isRoot = path === '.' || path === '/';
  if (isRoot && !ignore.patterns.some((pattern) => ['*', '**', '**/*'].includes(pattern))) return;
  if (ignore.ignores(path)) {
    checker.report('CopyIgnoredFile', ranges, messages.ignoredFile(kind === 'add' ? 'Add' : 'Copy', path));
  }
}
