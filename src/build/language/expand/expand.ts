import { messageOf } from '../../../kit/index.ts';
import type { Env, ExpandModes, Expansion } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { quote } from '../text/quote.ts';
import { dollar } from './dollar.ts';
import { type Lexer, readUntil } from './lexer.ts';

/** A word with its variables put in, its quotes and escapes taken away; throws BuildKit's words where it cannot be read. */
export function expand(word: string, env: Env, modes: ExpandModes = {}): Expansion {
  const { error, ...expansion } = tryExpand(word, env, modes);
  if (error) throw error;
  return expansion;
}

/** The same, but an error is returned with the variables that were asked for before it, which are reported all the same. */
export function tryExpand(word: string, env: Env, modes: ExpandModes = {}): Expansion & { error?: DockerfileError } {
  const lexer: Lexer = {
    letters: [...word],
    at: 0,
    env,
    escape: modes.escape ?? '\\',
    modes,
    rawEscapes: modes.rawEscapes ?? false,
    matched: new Set(),
    unmatched: new Set(),
    buffer: { word: '' },
    depth: 0,
    dollar,
  };
  const { matched, unmatched } = lexer;
  try {
    const { text, words } = readUntil(lexer);
    return { text, words, matched, unmatched };
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    const message = `failed to process ${quote(word)}: ${messageOf(error)}`;
    return { text: '', words: [], matched, unmatched, error: new DockerfileError(message) };
  }
}
