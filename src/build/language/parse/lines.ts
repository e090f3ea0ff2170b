import { Buffer } from 'node:buffer';
import { trim, trimStart, withoutNewline } from '../../../kit/index.ts';
import type { Heredoc } from '../contract.ts';
import { DockerfileError, lines as lineRanges, located } from '../error.ts';
import { type Arguments, readers } from './arguments.ts';
import { directiveReader, escapeOf } from './directives.ts';
import { heredocsOf } from './heredoc.ts';
import type { RawInstruction, Syntax } from './raw.ts';
import { splitInstruction } from './split.ts';

const longestLine = 65_536;

export interface RawFile extends Syntax {
  readonly instructions: readonly RawInstruction[];
  /** The last lines of instructions with an empty line in a continuation. */
  readonly emptyContinuations: readonly number[];
}

interface Reading extends Syntax {
  readonly lines: readonly string[];
  /** How many lines are read. */
  line: number;
  readonly directive: (line: string) => { name: string; value: string } | undefined;
  comments: string[];
  readonly emptyContinuations: number[];
}

/** A file's instructions as words: comments, continuations and heredocs are behind them. */
export function readInstructions(source: string): RawFile {
  const all = source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const tooLong = all.findIndex((line) => Buffer.byteLength(line) > longestLine - (line.endsWith('\n') ? 0 : 1));
  const reading: Reading = {
    lines: tooLong < 0 ? all : all.slice(0, tooLong),
    line: 0,
    escape: '\\',
    directive: directiveReader(),
    comments: [],
    emptyContinuations: [],
  };
  const instructions: RawInstruction[] = [];
  while (reading.line < reading.lines.length) {
    const instruction = readOne(reading);
    if (instruction) instructions.push(instruction);
  }
  if (instructions.length === 0) throw new DockerfileError('file with no instructions', [lineRanges(reading.line, 0)]);
  if (tooLong >= 0) {
    const message = `dockerfile line greater than max allowed size of ${longestLine - 1}`;
    throw new DockerfileError(message, [lineRanges(reading.line, 0)]);
  }
  return { instructions, escape: reading.escape, emptyContinuations: reading.emptyContinuations };
}

/** The next instruction; undefined for a line without one. */
function readOne(reading: Reading): RawInstruction | undefined {
  const first = nextLine(reading, trimStart);
  const start = reading.line;
  let { text, goesOn } = continuation(first, reading.escape);
  if (!goesOn && text === '') return undefined;
  let empty = false;
  while (goesOn && reading.line < reading.lines.length) {
    const isComment = commentIn(reading.lines[reading.line] ?? '') !== undefined;
    const line = nextLine(reading);
    if (isComment) continue;
    if (trimStart(line) === '') {
      empty = true;
      continue;
    }
    const more = continuation(line, reading.escape);
    text += more.text;
    goesOn = more.goesOn;
  }
  if (empty) reading.emptyContinuations.push(reading.line);
  try {
    const { comments } = reading;
    reading.comments = [];
    const instruction = takeApart(text, reading.escape);
    const heredocs = mayHaveHeredocs(instruction) && text.includes('<<') ? readHeredocs(reading, text) : [];
    return { ...instruction, heredocs, comments, ranges: lineRanges(start, reading.line) };
  } catch (error) {
    throw located(error, lineRanges(start, reading.line));
  }
}

/** A line without its end and, if it is a comment, without anything; directives and comments are taken note of. */
function nextLine(reading: Reading, trimmed: (line: string) => string = (line) => line): string {
  let raw = reading.lines[reading.line] ?? '';
  if (reading.line === 0) raw = raw.replace(/^\ufeff/, '');
  const line = trimmed(withoutNewline(raw));
  const comment = trimmed === trimStart ? commentIn(raw) : undefined;
  try {
    const directive = reading.directive(line);
    if (directive?.name === 'escape') reading.escape = escapeOf(directive.value);
    if (comment === '') reading.comments = [];
    else if (comment !== undefined && !directive) reading.comments.push(comment);
  } catch (error) {
    throw located(error, lineRanges(reading.line, 0));
  }
  reading.line++;
  return commentIn(line) === undefined ? line : '';
}

/** What a comment line says. Behind a blank its `#` counts as said, as BuildKit has it. */
function commentIn(line: string): string | undefined {
  return trimStart(line).startsWith('#') ? trim(line.slice(1)) : undefined;
}

function continuation(line: string, mark: string): { text: string; goesOn: boolean } {
  const pattern = mark === '`' ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/;
  const match = pattern.exec(line);
  return match ? { text: line.slice(0, match.index) + (match[1] ?? ''), goesOn: true } : { text: line, goesOn: false };
}

function takeApart(line: string, mark: string): Omit<RawInstruction, 'heredocs' | 'comments' | 'ranges'> {
  const { word, flags, rest } = splitInstruction(line, mark);
  const common = { word, flags, line, code: trim(line) };
  if (word.toLowerCase() === 'onbuild') {
    if (rest === '') return { ...common, args: [], json: false };
    const put = takeApart(rest, mark);
    return { ...common, args: [put.word, ...put.args], json: put.json, trigger: put.word };
  }
  const name = word.toLowerCase();
  const { args, json = false }: Arguments = Object.hasOwn(readers, name)
    ? (readers[name]?.(rest, mark) ?? { args: [] })
    : { args: [''] };
  return { ...common, args, json };
}

function mayHaveHeredocs({ word, trigger, json }: { word: string; trigger?: string; json: boolean }): boolean {
  return ['add', 'copy', 'run'].includes((trigger ?? word).toLowerCase()) && !json;
}

function readHeredocs(reading: Reading, text: string): Heredoc[] {
  return heredocsOf(text).map((heredoc) => {
    let content = '';
    while (reading.line < reading.lines.length) {
      const line = reading.lines[reading.line++] ?? '';
      const bare = withoutNewline(line);
      if ((heredoc.chomp ? bare.replace(/^\t+/, '') : bare) === heredoc.name) return { ...heredoc, content };
      content += line;
    }
    throw new DockerfileError('unterminated heredoc');
  });
}
