import { DockerfileError } from '../error.ts';

type Token = { readonly kind: 'star' | 'any' } | { readonly kind: 'letter'; readonly letter: string };

/** The pattern of a `#`, `%` or `/` modifier: `*`, `?` and letters; a backslash takes away the meaning of `*`, `?`, `\`, `}` and `/`. */
export interface Glob {
  readonly tokens: readonly Token[];
}

export function parseGlob(pattern: string): Glob {
  const letters = [...pattern];
  const tokens: Token[] = [];
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? '';
    if (letter === '*') tokens.push({ kind: 'star' });
    else if (letter === '?') tokens.push({ kind: 'any' });
    else if (letter === '\\') {
      const next = letters[++i] ?? '';
      if (!['*', '?', '\\', '}', '/'].includes(next) || next === '') {
        throw new DockerfileError(
          `invalid pattern (${pattern}) in substitution: invalid escape '\\${next || '\ufffd'}'`,
        );
      }
      tokens.push({ kind: 'letter', letter: next });
    } else tokens.push({ kind: 'letter', letter });
  }
  return { tokens };
}

/** Read from its end. */
export function reverseGlob(glob: Glob): Glob {
  return { tokens: glob.tokens.toReversed() };
}

/**
 * Where a match that begins at `from` ends, the shortest or the longest; undefined if there is none. All ways are followed at once, so
 * that no pattern takes longer than its length times the text's.
 */
export function matchEnd(
  glob: Glob,
  text: readonly string[],
  { from = 0, longest }: { from?: number; longest: boolean },
): number | undefined {
  const { tokens } = glob;
  let states = reach(tokens, new Set([0]));
  let end = states.has(tokens.length) ? from : undefined;
  for (let i = from; i < text.length && states.size > 0; i++) {
    if (end !== undefined && !longest) return end;
    states = reach(tokens, step(tokens, states, text[i] ?? ''));
    if (states.has(tokens.length)) end = i + 1;
  }
  return end;
}

/** A star may stand for nothing: whoever is at one is past it, too. */
function reach(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const state of states) if (tokens[state]?.kind === 'star') states.add(state + 1);
  return states;
}

function step(tokens: readonly Token[], states: ReadonlySet<number>, letter: string): Set<number> {
  const next = new Set<number>();
  for (const state of states) {
    const token = tokens[state];
    if (token === undefined) continue;
    if (token.kind === 'letter' ? token.letter === letter : letter !== '\n') {
      next.add(token.kind === 'star' ? state : state + 1);
    }
  }
  return next;
}
