import { DockerfileError } from '../error.ts';

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
  if (text === '') throw new DockerfileError('illegal exclusion pattern: "!"');
  checkSyntax(text);
  return { text, except, matches: matcher(text) };
}

/** Most patterns are names without wildcards, a name at any depth, or all below a directory: those need no expression. */
function matcher(text: string): (path: string) => boolean {
  const plain = !/[*?[\]\\]/.test(text);
  if (plain) return (path) => path === text;
  const below = /^([^*?[\]\\]*)\*\*\/?$/.exec(text)?.[1];
  if (below !== undefined && below !== '') return (path) => path.startsWith(below);
  const anywhere = /^\*\*\/([^*?[\]\\]+)$/.exec(text)?.[1];
  if (anywhere !== undefined) return (path) => path === anywhere || path.endsWith(`/${anywhere}`);
  const expression = toExpression(text);
  return (path) => expression.test(path);
}

function toExpression(text: string): RegExp {
  const letters = [...text];
  let source = '';
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? '';
    if (letter === '*' && letters[at + 1] === '*') {
      at += letters[at + 2] === '/' ? 2 : 1;
      source += at + 1 >= letters.length ? '.*' : '(?:.*/)?';
    } else if (letter === '*') source += '[^/]*';
    else if (letter === '?') source += '[^/]';
    else if (letter === '\\') source += escaped(letters[++at] ?? '\\');
    else if (letter === '[' || letter === ']' || letter === '^' || letter === '-') source += letter;
    else source += escaped(letter);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    throw new DockerfileError('syntax error in pattern');
  }
}

function escaped(letter: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(letter) ? `\\${letter}` : letter;
}

/** Classes must be closed and hold something, and a pattern may not end in an escape. */
function checkSyntax(text: string): void {
  const rest = text.replaceAll(/\\./gs, 'x').replaceAll(/\[\^?(?:[^\]\\-](?:-[^\]\\-])?)+\]/g, 'x');
  if (/\[|\\$/.test(rest)) throw new DockerfileError('syntax error in pattern');
}
