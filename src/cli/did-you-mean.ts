import { groups, topLevel } from './commands/index.ts';

/** What is said of a word that is no command, with those that were perhaps meant where the program goes by its own name. */
export function unknownCommand(program: string, { path, word }: { path: string[]; word: string }): string {
  const parent = [program, ...path].join(' ');
  const rest = groups[path[0] ?? '']?.runs ? ' COMMAND' : '';
  const usage = path.length > 0 ? `Usage:  ${parent}${rest}\n\n` : '';
  const meant = program === 'docker' ? [] : similar(word, names(path[0]));
  const hint = meant.length > 0 ? `Did you mean this?\n${meant.map((name) => `\t${parent} ${name}\n`).join('')}\n` : '';
  return `${program}: unknown command: ${parent} ${word}\n\n${usage}${hint}Run '${parent} --help' for more information`;
}

function names(group: string | undefined): string[] {
  if (group === undefined) return [...Object.keys(topLevel), ...Object.keys(groups)];
  const { commands = {}, synonyms = {} } = groups[group] ?? {};
  return [...Object.keys(commands), ...Object.keys(synonyms)];
}

/** Names that start as the word does, or differ from it by two letters at most. */
function similar(word: string, candidates: string[]): string[] {
  const near = candidates.filter((name) => name.startsWith(word) || distance(name, word) <= 2);
  return near.toSorted((a, b) => distance(a, word) - distance(b, word) || (a < b ? -1 : 1)).slice(0, 3);
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
