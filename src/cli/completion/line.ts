import type { FlagTable } from '../flags/index.ts';

/** A command line that is being written, as far as it goes. */
export interface Line {
  args: string[];
  /** Names of the flags that are there. */
  given: Set<string>;
  /** The flag whose value comes next. */
  pending?: string;
  /** Flags have ended, by `--` or by the first argument. */
  ended: boolean;
}

/** Takes words apart as far as they can be; what is wrong among them is not looked at. */
export function readLine(flags: FlagTable, words: string[], interspersed: boolean): Line {
  const line: Line = { args: [], given: new Set(), ended: false };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (line.ended || word === '-' || !word.startsWith('-')) {
      line.args.push(word);
      line.ended ||= !interspersed;
      continue;
    }
    if (word === '--') {
      line.ended = true;
      continue;
    }
    const [name, takesNext] = readFlag(flags, word);
    if (name === undefined) continue;
    line.given.add(name);
    if (takesNext && at + 1 === words.length) line.pending = name;
    else if (takesNext) at++;
  }
  return line;
}

/** A flag's name and whether its value is the next word. */
function readFlag(flags: FlagTable, word: string): [name: string | undefined, takesNext: boolean] {
  if (word.startsWith('--')) {
    const name = word.slice(2).split('=')[0] ?? '';
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    return [flag && name, flag !== undefined && flag.bare === undefined && !word.includes('=')];
  }
  const byLetter = (letter: string) => Object.entries(flags).find(([, { short }]) => short === letter);
  // Of letters in a row only the last may still want a value.
  for (let at = 1; at < word.length; at++) {
    const [name, flag] = byLetter(word.charAt(at)) ?? [];
    if (!flag) return [undefined, false];
    if (flag.bare === undefined || at === word.length - 1)
      return [name, flag.bare === undefined && at === word.length - 1];
  }
  return [undefined, false];
}
