import { trimStart } from '../../../kit/index.ts';
import type { Heredoc } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { expand } from '../expand/expand.ts';

/** What a word such as `<<EOF` begins, still without its content; undefined if it begins nothing. */
export function heredocOf(word: string): Heredoc | undefined {
  const [mark = '', fd = '', dash = ''] = /^(\d*)<<(-?)/.exec(word) ?? [];
  const rest = mark === '' ? '' : trimStart(word.slice(mark.length));
  if (rest === '' || rest.includes('<')) return undefined;
  const { words } = expand(rest, new Map(), { keepUnset: true });
  const [name] = words;
  if (name === undefined || words.length > 1) return undefined;
  const raw = expand(rest, new Map(), { keepUnset: true, rawQuotes: true }).words;
  if (raw.length !== 1) {
    throw new DockerfileError(`internal lexing of heredoc produced inconsistent results: ${rest}`);
  }
  return { name, content: '', chomp: dash === '-', expand: quotes(name) === quotes(raw[0] ?? ''), fd: Number(fd) };
}

/** All that a line begins, in order. */
export function heredocsOf(line: string): Heredoc[] {
  return words(line).flatMap((word) => heredocOf(word) ?? []);
}

/** Without the tabs that lead its lines. */
export function chomp(content: string): string {
  return content.replaceAll(/^\t+/gm, '');
}

function words(line: string): readonly string[] {
  try {
    return expand(line, new Map(), { keepUnset: true, rawQuotes: true, rawEscapes: true }).words;
  } catch {
    // A line whose quotes do not match is the shell's to judge; it has no heredocs.
    return [];
  }
}

function quotes(text: string): number {
  return text.replaceAll(/[^'"]/g, '').length;
}
