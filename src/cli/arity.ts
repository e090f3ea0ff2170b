import type { Command } from './command.ts';

/** What is wrong with the number of arguments, in the words and with the usage line that users know; undefined when nothing is. */
export function checkArity(command: Command, path: string, count: number, program: string): string | undefined {
  const wanted = complaint(command, count);
  if (!wanted) return undefined;
  const pointer = command.arity && 'atLeast' in command.arity ? 'See' : 'Run';
  const usage = `${`Usage:  ${path} ${command.usage}`.trimEnd()}\n\n${pointer} '${path} --help' for more information`;
  if (wanted === 'none') return `${program}: '${path}' accepts no arguments\n\n${usage}`;
  return `${program}: '${path}' requires ${wanted}\n\n${usage}`;
}

function complaint({ arity }: Command, count: number): string | undefined {
  if (!arity) return count > 0 ? 'none' : undefined;
  if ('exactly' in arity) {
    if (count === arity.exactly) return undefined;
    return arity.exactly === 0 ? 'none' : plural(arity.exactly);
  }
  if ('atLeast' in arity) return count < arity.atLeast ? `at least ${plural(arity.atLeast)}` : undefined;
  if ('atMost' in arity) return count > arity.atMost ? `at most ${plural(arity.atMost)}` : undefined;
  const fits = count >= arity.from && count <= arity.to;
  return fits ? undefined : `at least ${arity.from} and at most ${plural(arity.to)}`;
}

function plural(count: number): string {
  return `${count} argument${count === 1 ? '' : 's'}`;
}
