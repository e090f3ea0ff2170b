import { trim } from '../../../../kit/index.ts';
import type { RunInstruction, RunStep } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { chomp, heredocOf } from '../../parse/heredoc.ts';
import { commit, withShell } from '../config/image.ts';
import type { Scope } from '../scope.ts';
import type { StageState } from '../state.ts';
import { shownCode, stepLabel } from './label.ts';
import { evaluateMounts } from './mounts.ts';

const proxies = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];

export function dispatchRun(instruction: RunInstruction, scope: Scope): void {
  const { evaluator, state, bound } = scope;
  const { words, script, summary } = commandOf(instruction);
  const args = instruction.command.shell ? withShell(state.image, words) : [...words];
  const mounts = evaluateMounts(instruction, scope);
  const secrets = mounts.flatMap((mount) => (mount.type === 'secret' && mount.env ? [mount.env] : []));
  const shown = shownCode(instruction.code + summary, masked(state.env, secrets), {
    escape: evaluator.dockerfile.directives.escape,
    rawQuotes: true,
    keepUnset: true,
  });
  const createdBy = `RUN ${[...argsShown(state), ...args].join(' ')} # buildkit`;
  const step: RunStep = {
    kind: 'run',
    label: stepLabel(evaluator, state, shown, bound.onbuild),
    createdBy,
    ranges: instruction.ranges,
    onbuild: bound.onbuild,
    instruction,
    platform: state.platform ?? evaluator.targetPlatform,
    args,
    env: Array.from(state.env, ([key, value]) => `${key}=${value}`),
    proxies: new Map([...evaluator.options.buildArgs].filter(([key]) => proxies.includes(key.toLowerCase()))),
    cwd: state.image.config.WorkingDir || '/',
    user: state.image.config.User ?? '',
    mounts,
    network: instruction.network,
    security: instruction.security,
    devices: instruction.devices,
    ...(script ? { script } : {}),
  };
  state.steps.push(step);
  commit(state.image, createdBy, true);
}

/** What is run: the line, what a lone heredoc holds (its file, if it begins with `#!`), or the line with its heredocs for the shell. */
function commandOf({ command, heredocs }: RunInstruction): {
  words: readonly string[];
  script?: { name: string; data: string };
  summary: string;
} {
  const [first] = heredocs;
  const [line] = command.words;
  if (!first) return { words: command.words, summary: '' };
  if (line === undefined || command.words.length > 1 || !command.shell) {
    throw new DockerfileError(`parsing produced an invalid run command: [${command.words.join(' ')}]`);
  }
  if (!heredocOf(line)) {
    const parts = heredocs.map(({ content, name }) => `\n${content}${name}`);
    return { words: [line + parts.join('')], summary: '' };
  }
  const data = first.chomp ? chomp(first.content) : first.content;
  const summary = ` (${summaryOf(first.content)})`;
  if (!data.startsWith('#!')) return { words: [data], summary };
  return { words: [`/dev/pipes/${first.name}`], script: { name: first.name, data }, summary };
}

function summaryOf(content: string): string {
  const [first = '', ...more] = trim(content).split(/\r?\n/);
  return more.length > 0 ? `${first}...` : first;
}

/** Build arguments as the history shows them before a command: `|2 A=1 B=2`. */
function argsShown({ buildArgs, env }: StageState): string[] {
  const values = new Map(buildArgs.map(({ key, value = '' }) => [key, env.get(key) ?? value]));
  return values.size === 0 ? [] : [`|${values.size}`, ...Array.from(values, ([key, value]) => `${key}=${value}`)];
}

function masked(env: ReadonlyMap<string, string>, secrets: readonly string[]): ReadonlyMap<string, string> {
  return secrets.length === 0 ? env : new Map([...env, ...secrets.map((name) => [name, '****'] as const)]);
}
