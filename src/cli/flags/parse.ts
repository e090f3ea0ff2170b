import type { Flag } from './values.ts';

// biome-ignore lint/suspicious/noExplicitAny: a table of flags holds flags of every type
export type FlagTable = Record<string, Flag<any>>;

/** What each flag of a table is worth after parsing. */
export type Values<F extends FlagTable> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** A command line taken apart. */
export interface Parsed<F extends FlagTable = FlagTable> {
  values: Values<F>;
  /** Names of the flags that were given. */
  given: Set<string>;
  args: string[];
  help: boolean;
  /** Help was asked for by `-h`, which is no longer the way to. */
  shortHelp: boolean;
}

/** A command line that is wrong by its flags; the CLI shows the command's usage after it. */
export class FlagError extends Error {}

/** Reads flags as pflag does. With `interspersed` false everything after the first argument is an argument. */
export function parseFlags<F extends FlagTable>(flags: F, argv: string[], interspersed = true): Parsed<F> {
  const state: Parsed = { values: {}, given: new Set(), args: [], help: false, shortHelp: false };
  for (const [name, flag] of Object.entries(flags)) (state.values as Record<string, unknown>)[name] = flag.initial;
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === '--') {
      state.args.push(...rest);
      break;
    }
    if (word.startsWith('--')) readLong(flags, word, rest, state);
    else if (word.startsWith('-') && word !== '-') readShorts(flags, word, rest, state);
    else {
      state.args.push(word);
      if (!interspersed) {
        state.args.push(...rest);
        break;
      }
    }
  }
  return state as Parsed<F>;
}

function readLong(flags: FlagTable, word: string, rest: string[], state: Parsed): void {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${word}`);
  if (name === 'help' && equals < 0) {
    state.help = true;
    return;
  }
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (!flag) throw new FlagError(`unknown flag: --${name}`);
  const text = equals >= 0 ? word.slice(equals + 1) : (flag.bare ?? rest.shift());
  if (text === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  set(state, name, flag, text);
}

function readShorts(flags: FlagTable, word: string, rest: string[], state: Parsed): void {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const [name, flag] = Object.entries(flags).find(([, one]) => one.short === letter) ?? [];
    if (!name && letter === 'h') {
      state.help = true;
      state.shortHelp = true;
      continue;
    }
    if (!name || !flag) throw new FlagError(`unknown shorthand flag: '${letter}' in -${word.slice(at)}`);
    const tail = word.slice(at + 1);
    const isAssigned = tail.startsWith('=') && tail.length > 1;
    if (flag.bare !== undefined && !isAssigned) {
      set(state, name, flag, flag.bare);
      continue;
    }
    const text = isAssigned ? tail.slice(1) : tail || rest.shift();
    if (text === undefined) throw new FlagError(`flag needs an argument: '${letter}' in ${word}`);
    set(state, name, flag, text);
    return;
  }
}

function set(state: Parsed, name: string, flag: FlagTable[string], text: string): void {
  const values = state.values as Record<string, unknown>;
  try {
    values[name] = flag.read(text, values[name]);
  } catch (error) {
    const spelled = flag.short ? `-${flag.short}, --${name}` : `--${name}`;
    throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${spelled}" flag: ${(error as Error).message}`);
  }
  state.given.add(name);
}
