import { isSpace, trim } from '../../../kit/index.ts';

const blanks = /[\t\v\f\r ]+/;

/** The instruction's word, its leading `--flags` without quotes and escapes, and the rest. */
export function splitInstruction(line: string, mark: string): { word: string; flags: string[]; rest: string } {
  const trimmed = trim(line);
  const gap = blanks.exec(trimmed);
  if (!gap) return { word: trimmed, flags: [], rest: '' };
  const { flags, rest } = takeFlags(trimmed.slice(gap.index + gap[0].length), mark);
  return { word: trimmed.slice(0, gap.index), flags, rest: trim(rest) };
}

/** Splits at runs of blanks. */
export function splitBlanks(text: string): string[] {
  return text === '' ? [] : text.split(new RegExp(blanks, 'g'));
}

/** Splits at the first run of blanks. */
export function splitOnce(text: string): [first: string, rest: string | undefined] {
  const gap = blanks.exec(text);
  return gap ? [text.slice(0, gap.index), text.slice(gap.index + gap[0].length)] : [text, undefined];
}

function takeFlags(line: string, mark: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  for (let at = 0; ; ) {
    while (at < line.length && isSpace(line[at] ?? '')) at++;
    if (!line.startsWith('--', at)) return { flags, rest: line.slice(at) };
    const { flag, end } = readFlag(line, at, mark);
    at = end;
    if (flag === '--') return { flags, rest: line.slice(at) };
    flags.push(flag);
  }
}

function readFlag(line: string, from: number, mark: string): { flag: string; end: number } {
  let flag = '';
  let quote = '';
  let at = from;
  for (; at < line.length; at++) {
    const letter = line[at] ?? '';
    if (letter === mark) flag += line[++at] ?? '';
    else if (quote !== '') {
      if (letter === quote) quote = '';
      else flag += letter;
    } else if (letter === "'" || letter === '"') quote = letter;
    else if (isSpace(letter)) break;
    else flag += letter;
  }
  return { flag, end: Math.min(at, line.length) };
}
