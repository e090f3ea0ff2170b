import { messages } from '../../checks/rules.ts';
import type { ArgInstruction, EnvInstruction, LabelInstruction, Pair } from '../../contract.ts';
import type { Scope } from '../scope.ts';
import { setEnv } from '../state.ts';
import { commit, setConfigEnv } from './image.ts';

const secret = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i;

export function dispatchEnv({ word, pairs, ranges }: EnvInstruction, { state, put, checker }: Scope): void {
  const all = expandAll(pairs, put);
  for (const { key, value, legacy } of all) {
    if (legacy) checker.report('LegacyKeyValueFormat', ranges, messages.legacyPair(word));
    if (isSecret(key)) checker.report('SecretsUsedInArgOrEnv', ranges, messages.secret('ENV', key));
    setEnv(state.env, key, value);
    setConfigEnv(state.image.config, key, value);
  }
  commit(state.image, ['ENV', ...all.map(({ key, value }) => `${key}=${value}`)].join(' '));
}

export function dispatchLabel({ word, pairs, ranges }: LabelInstruction, { state, put, checker }: Scope): void {
  const all = expandAll(pairs, put);
  const { config } = state.image;
  for (const { key, value, legacy } of all) {
    if (legacy) checker.report('LegacyKeyValueFormat', ranges, messages.legacyPair(word));
    config.Labels = { ...config.Labels, [key]: value };
  }
  commit(state.image, ['LABEL', ...all.map(({ key, value }) => `${key}=${value}`)].join(' '));
}

export function dispatchArg(instruction: ArgInstruction, scope: Scope): void {
  const { state, checker } = scope;
  const shown = instruction.args.map((arg) => {
    const { key, description = '' } = arg;
    if (isSecret(key)) checker.report('SecretsUsedInArgOrEnv', instruction.ranges, messages.secret('ARG', key));
    const { value, inherited } = argValue(arg, scope);
    if (value !== undefined && !key.startsWith('BUILDKIT_SBOM_SCAN_')) setEnv(state.env, key, value);
    if (!inherited) {
      const { ranges } = instruction;
      state.args.set(key, { key, value: value ?? '', description, ranges, needs: new Set() });
    }
    state.usedArgs.add(key);
    state.buildArgs.push(value === undefined ? { key } : { key, value });
    return value === undefined ? key : `${key}=${value}`;
  });
  commit(state.image, `ARG ${shown.join(' ')}`);
}

/** What is given, else its default, else the global one's value. */
function argValue(
  { key, value }: ArgInstruction['args'][number],
  { evaluator, put }: Scope,
): { value?: string; inherited: boolean } {
  const given = evaluator.options.buildArgs.get(key);
  if (given !== undefined) return { value: given, inherited: false };
  if (value === undefined) {
    const global = evaluator.globals.get(key);
    return global === undefined ? { inherited: false } : { value: global, inherited: true };
  }
  return { value: put(value), inherited: false };
}

function expandAll(pairs: readonly Pair[], put: (word: string) => string): Pair[] {
  return pairs.map(({ key, value, ...rest }) => ({ ...rest, key: put(key), value: put(value) }));
}

function isSecret(key: string): boolean {
  return secret.test(key) && !harmless.test(key);
}
