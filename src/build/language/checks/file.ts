import type { Range, Stage } from '../contract.ts';
import type { RawInstruction } from '../parse/raw.ts';
import type { Checker } from './checker.ts';
import { messages } from './rules.ts';

/** What the words of a FROM tell, before it is known to be right. */
export function checkFrom({ word, args, ranges }: RawInstruction, checker: Checker): void {
  const [, as, name] = args;
  if (args.length === 3 && name !== undefined && name !== name.toLowerCase()) {
    checker.report('StageNameCasing', ranges, messages.stageNameCasing(name));
  }
  if (as === undefined || name === undefined) return;
  const lower = word === word.toLowerCase();
  if (!lower && word !== word.toUpperCase()) return;
  if (as !== (lower ? as.toLowerCase() : as.toUpperCase())) {
    checker.report('FromAsCasing', ranges, messages.fromAsCasing(word, as));
  }
}

/** Whether the comment right above begins with the name of what it stands above. */
export function checkDescription(
  { comments, ranges }: RawInstruction,
  { word, names }: { word: string; names: readonly string[] },
  checker: Checker,
): void {
  const last = comments.at(-1);
  if (last === undefined || names.length === 0 || names.includes(last.split(' ')[0] ?? '')) return;
  const name = names.length > 1 ? '<arg_key>' : (names[0] ?? '');
  checker.report('InvalidDefinitionDescription', ranges, messages.description(word, name));
}

export function checkStageNames(stages: readonly Stage[], checker: Checker): void {
  const seen = new Set<string>();
  for (const { name, from } of stages) {
    if (name === '') continue;
    if (name === 'context' || name === 'scratch') {
      checker.report('ReservedStageName', from.ranges, messages.reservedStageName(name));
    }
    if (seen.has(name)) checker.report('DuplicateStageName', from.ranges, messages.duplicateStageName(name));
    seen.add(name);
  }
}

/** Whether every instruction is written as most are. */
export function checkCasing(stages: readonly Stage[], checker: Checker): void {
  const all = stages.flatMap(({ from, instructions }): { word: string; ranges: readonly Range[] }[] => [
    from,
    ...instructions,
  ]);
  const lower = all.filter(({ word }) => word === word.toLowerCase()).length;
  const upper = all.filter(({ word }) => word !== word.toLowerCase() && word === word.toUpperCase()).length;
  const [casing, right] =
    lower > upper
      ? (['lowercase', (word: string) => word.toLowerCase()] as const)
      : (['uppercase', (word: string) => word.toUpperCase()] as const);
  for (const { word, ranges } of all) {
    if (word !== right(word)) {
      checker.report('ConsistentInstructionCasing', ranges, messages.instructionCasing(word, casing));
    }
  }
}
