import type { Env, ExpandModes } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { type WordBuffer, WordCollector } from './words.ts';

/** Values that grow from line to line, and words within words, end here, before they are a burden on the engine. */
const longest = 4 * 1024 * 1024;
const deepest = 500;

/** Where the reading of a word stands. */
export interface Lexer {
  readonly letters: readonly string[];
  at: number;
  readonly env: Env;
  readonly escape: string;
  readonly modes: ExpandModes;
  rawEscapes: boolean;
  readonly buffer: WordBuffer;
  depth: number;
  /** Reads what a `$` begins. */
  readonly dollar: (lexer: Lexer) => string;
  readonly matched: Set<string>;
  readonly unmatched: Set<string>;
}

export function peek(lexer: Lexer): string | undefined {
  return lexer.letters[lexer.at];
}

export function next(lexer: Lexer): string | undefined {
  return lexer.letters[lexer.at++];
}

/** Reads to the end, or to a letter that must come and is read too. */
export function readUntil(
  lexer: Lexer,
  stop?: string,
  rawEscapes = lexer.rawEscapes,
): { text: string; words: string[] } {
  const before = lexer.rawEscapes;
  lexer.rawEscapes = rawEscapes;
  if (++lexer.depth > deepest) throw new DockerfileError('substitutions are nested too deeply');
  try {
    return read(lexer, stop);
  } finally {
    lexer.depth--;
    lexer.rawEscapes = before;
  }
}

function read(lexer: Lexer, stop: string | undefined): { text: string; words: string[] } {
  const collector = new WordCollector(lexer.buffer);
  let text = '';
  for (let letter = peek(lexer); letter !== undefined; letter = peek(lexer)) {
    if (letter === stop) {
      lexer.at++;
      return { text, words: collector.words() };
    }
    if (letter === '$') {
      const value = lexer.dollar(lexer);
      text += value;
      if (text.length > longest) throw new DockerfileError('the result is too long');
      collector.addText(value);
    } else if (letter === '<' || (!lexer.modes.plainQuotes && (letter === "'" || letter === '"'))) {
      const raw = letter === '<' ? heredocMark(lexer) : letter === '"' ? doubleQuoted(lexer) : singleQuoted(lexer);
      text += raw;
      collector.addRaw(raw);
    } else text += plain(lexer, collector);
  }
  if (stop !== undefined) {
    throw new DockerfileError(`unexpected end of statement while looking for matching ${stop}`);
  }
  return { text, words: collector.words() };
}

function plain(lexer: Lexer, collector: WordCollector): string {
  const letter = next(lexer) ?? '';
  if (letter !== lexer.escape) {
    collector.addLetter(letter);
    return letter;
  }
  const raw = (lexer.rawEscapes ? letter : '') + (next(lexer) ?? '');
  collector.addRaw(raw);
  return raw;
}

/** `<<` with the blanks behind it, which belong to the word that names the heredoc. */
function heredocMark(lexer: Lexer): string {
  lexer.at++;
  if (peek(lexer) !== '<') return '<';
  lexer.at++;
  let blanks = '';
  while ([' ', '\t', '\r'].includes(peek(lexer) ?? '')) blanks += next(lexer);
  return `<<${blanks}`;
}

function singleQuoted(lexer: Lexer): string {
  const end = lexer.letters.indexOf("'", lexer.at + 1);
  if (end < 0) throw unmatched('single-quote', lexer);
  const inside = lexer.letters.slice(lexer.at + 1, end).join('');
  lexer.at = end + 1;
  return lexer.modes.rawQuotes ? `'${inside}'` : inside;
}

function doubleQuoted(lexer: Lexer): string {
  const mark = lexer.modes.rawQuotes ? '"' : '';
  lexer.at++;
  let text = mark;
  for (let letter = peek(lexer); letter !== '"'; letter = peek(lexer)) {
    if (letter === undefined) throw unmatched('double-quote', lexer);
    if (text.length > longest) throw new DockerfileError('the result is too long');
    if (letter === '$') text += lexer.dollar(lexer);
    else if (letter === lexer.escape) text += quotedEscape(lexer);
    else text += next(lexer);
  }
  lexer.at++;
  return text + mark;
}

/** In double quotes an escape is one only before a quote, a dollar or itself. */
function quotedEscape(lexer: Lexer): string {
  const raw = lexer.rawEscapes ? lexer.escape : '';
  lexer.at++;
  const letter = peek(lexer);
  if (letter === undefined) return raw;
  if (letter !== '"' && letter !== '$' && letter !== lexer.escape) return raw + lexer.escape;
  lexer.at++;
  return raw + letter;
}

function unmatched(quotes: string, lexer: Lexer): DockerfileError {
  lexer.at = lexer.letters.length;
  return new DockerfileError(`unexpected end of statement while looking for matching ${quotes}`);
}
