import { messageOf } from '../../../kit/index.ts';
import type { Env, ExpandModes, Expansion } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { quote } from '../text/quote.ts';
import { type Lexer, readUntil } from './lexer.ts';

/** A word with its variables put in, its quotes and escapes taken away; throws BuildKit's words where it cannot be read. */
export function expand(word: string, env: Env, modes: ExpandModes = {}): Expansion {
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
  };
  try {
    const { text, words } = readUntil(lexer);
    return { text, words, matched: lexer.matched, unmatched: lexer.unmatched };
  } catch (error) {
    throw new DockerfileError(`failed to process ${quote(word)}: ${messageOf(error)}`);
  }
}
