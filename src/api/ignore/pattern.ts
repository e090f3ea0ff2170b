import { EngineError } from '../../kit/index.ts';

/** One pattern of an ignore file. */
export interface Pattern {
  readonly text: string;
  /** It brings back what others leave out. */
  readonly except: boolean;
  /** Whether a path itself, not one above it, is meant. */
  matches(path: string): boolean;
}

export function compilePattern(written: string): Pattern {
  const except = written.startsWith('!');
  const text = except ? written.slice(1) : written;
  if (text === '') throw new EngineError('invalid', 'illegal exclusion pattern: "!"');
  return { text, except, matches: matcher(text) };
}

/** Most patterns are names without wildcards, a name at any depth, or all below a directory. */
function matcher(text: string): (path: string) => boolean {
  if (!/[*?[\]\\]/.test(text)) return (path) => path === text;
  const below = /^([^*?[\]\\]+)\*\*\/?$/.exec(text)?.[1];
  if (below !== undefined) return (path) => path.startsWith(below);
  const anywhere = /^\*\*\/([^*?[\]\\]+)$/.exec(text)?.[1];
  if (anywhere !== undefined) return (path) => path === anywhere || path.endsWith(`/${anywhere}`);
  const tokens = tokensOf([...text]);
  return (path) => matchesAll(tokens, path);
}

/** A letter of the path that fits; with `repeats` any number of them. `skips` is how many tokens may be passed by without a letter. */
interface Token {
  readonly fits: (letter: string) => boolean;
  readonly repeats?: boolean;
  readonly skips?: number;
}

const never = () => false;
const any = () => true;
const notSlash = (letter: string) => letter !== '/';

function tokensOf(letters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? '';
    if (letter === '*' && letters[at + 1] === '*') {
      at += letters[at + 2] === '/' ? 2 : 1;
      if (at + 1 >= letters.length) tokens.push({ fits: any, repeats: true });
      // Any directories, or none: a place to choose at, what they are named, and their last slash.
      else tokens.push({ fits: never, skips: 3 }, { fits: any, repeats: true }, { fits: (other) => other === '/' });
    } else if (letter === '*') tokens.push({ fits: notSlash, repeats: true });
    else if (letter === '?') tokens.push({ fits: notSlash });
    else if (letter === '[') {
      const { fits, end } = classOf(letters, at);
      tokens.push({ fits });
      at = end;
    } else {
      const plain = letter === '\\' ? letters[++at] : letter;
      if (plain === undefined) throw syntaxError();
      tokens.push({ fits: (other) => other === plain });
    }
  }
  return tokens;
}

/** `[a-z]`, `[^a]`: what fits, and where its end is. */
function classOf(letters: readonly string[], start: number): { fits: Token['fits']; end: number } {
  let at = start + 1;
  const negated = letters[at] === '^';
  if (negated) at++;
  const ranges: [low: string, high: string][] = [];
  const one = () => {
    const letter = letters[at++];
    if (letter === undefined || letter === '-' || letter === ']') throw syntaxError();
    if (letter !== '\\') return letter;
    const escaped = letters[at++];
    if (escaped === undefined) throw syntaxError();
    return escaped;
  };
  while (letters[at] !== ']' || ranges.length === 0) {
    const low = one();
    if (letters[at] !== '-') ranges.push([low, low]);
    else {
      at++;
      ranges.push([low, one()]);
    }
  }
  const inside = (letter: string) => ranges.some(([low, high]) => low <= letter && letter <= high);
  return { fits: (letter) => inside(letter) !== negated, end: at };
}

/** All ways are followed at once, so that no pattern takes longer than its length times the path's. */
function matchesAll(tokens: readonly Token[], path: string): boolean {
  let states = reach(tokens, new Set([0]));
  for (const letter of path) {
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token?.fits(letter)) next.add(token.repeats ? state : state + 1);
    }
    if (next.size === 0) return false;
    states = reach(tokens, next);
  }
  return states.has(tokens.length);
}

function reach(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const state of states) {
    const token = tokens[state];
    if (token?.repeats || token?.skips) states.add(state + 1);
    if (token?.skips) states.add(state + token.skips);
  }
  return states;
}

function syntaxError(): EngineError {
  return new EngineError('invalid', 'syntax error in pattern');
}
