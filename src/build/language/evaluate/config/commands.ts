import { goDuration } from '../../../../api/index.ts';
import { messages } from '../../checks/rules.ts';
import type {
  CmdInstruction,
  CommandLine,
  EntrypointInstruction,
  HealthcheckInstruction,
  ShellInstruction,
} from '../../contract.ts';
import { quote, quoteAll, quoteRune } from '../../text/quote.ts';
import type { Scope } from '../scope.ts';
import { commit, withShell } from './image.ts';

export function dispatchCmd(instruction: CmdInstruction, scope: Scope): void {
  const { image } = scope.state;
  onlyOnce(instruction, scope);
  const words = commandWords(instruction.command, instruction, scope);
  if (words.length > 0) image.config.Cmd = words;
  else delete image.config.Cmd;
  image.config.ArgsEscaped = true;
  commit(image, `CMD ${quoteAll(words)}`);
}

export function dispatchEntrypoint(instruction: EntrypointInstruction, scope: Scope): void {
  const { image, last } = scope.state;
  onlyOnce(instruction, scope);
  const words = commandWords(instruction.command, instruction, scope);
  if (words.length > 0) image.config.Entrypoint = words;
  else delete image.config.Entrypoint;
  // A base's CMD was meant for the base's ENTRYPOINT.
  if (!last.cmd) delete image.config.Cmd;
  commit(image, `ENTRYPOINT ${quoteAll(words)}`);
}

export function dispatchHealthcheck(instruction: HealthcheckInstruction, scope: Scope): void {
  const { image } = scope.state;
  onlyOnce(instruction, scope);
  const { test, interval, timeout, startPeriod, startInterval, retries } = instruction.health;
  image.config.Healthcheck = {
    Test: [...test],
    ...(interval > 0 ? { Interval: interval } : {}),
    ...(timeout > 0 ? { Timeout: timeout } : {}),
    ...(startPeriod > 0 ? { StartPeriod: startPeriod } : {}),
    ...(startInterval > 0 ? { StartInterval: startInterval } : {}),
    ...(retries > 0 ? { Retries: retries } : {}),
  };
  const durations = [interval, timeout, startPeriod, startInterval].map((duration) => quote(goDuration(duration)));
  commit(image, `HEALTHCHECK &{${quoteAll(test)} ${durations.join(' ')} ${quoteRune(retries)}}`);
}

export function dispatchShell({ shell }: ShellInstruction, { state: { image } }: Scope): void {
  image.config.Shell = [...shell];
  commit(image, `SHELL [${shell.join(' ')}]`);
}

function commandWords(
  { words, shell }: CommandLine,
  { word, ranges }: CmdInstruction | EntrypointInstruction,
  { state: { image }, checker }: Scope,
): string[] {
  if (!shell) return [...words];
  if (!image.config.Shell?.length) checker.report('JSONArgsRecommended', ranges, messages.jsonArgs(word));
  return withShell(image, words);
}

/** Reports the earlier one of two, for it is the one without effect. */
function onlyOnce(
  { kind, word, ranges }: CmdInstruction | EntrypointInstruction | HealthcheckInstruction,
  { state: { last }, checker }: Scope,
): void {
  const earlier = last[kind];
  if (earlier) checker.report('MultipleInstructionsDisallowed', earlier, messages.multiple(word));
  last[kind] = ranges;
}
