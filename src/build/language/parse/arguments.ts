import { isSpace, trim, trimStart } from '../../../kit/index.ts';
import { DockerfileError } from '../error.ts';
import { quote } from '../text/quote.ts';
import { splitBlanks, splitOnce } from './split.ts';

export interface Arguments {
  readonly args: readonly string[];
  readonly json?: boolean;
}

type Reader = (rest: string, mark: string) => Arguments;

/** How each instruction's arguments are read. `ENV` and `LABEL` become key, value and `=` or nothing in turn. */
export const readers: Readonly<Record<string, Reader>> = {
  add: jsonOrList,
  arg: (rest, mark) => ({ args: splitWords(rest, mark) }),
  cmd: jsonOrLine,
  copy: jsonOrList,
  entrypoint: jsonOrLine,
  env: (rest, mark) => ({ args: pairs('ENV', rest, mark) }),
  expose: list,
  from: list,
  healthcheck: (rest) => {
    const type = /^\S*/.exec(rest)?.[0] ?? '';
    if (type === '') return { args: [] };
    const command = jsonOrLine(trimStart(rest.slice(type.length)));
    return { ...command, args: [type, ...command.args] };
  },
  label: (rest, mark) => ({ args: pairs('LABEL', rest, mark) }),
  maintainer: line,
  run: jsonOrLine,
  shell: jsonOrLine,
  stopsignal: line,
  user: line,
  volume: jsonOrList,
  workdir: line,
};

function line(rest: string): Arguments {
  return { args: rest === '' ? [] : [rest] };
}

function list(rest: string): Arguments {
  return { args: splitBlanks(rest) };
}

function jsonOrLine(rest: string): Arguments {
  return json(rest) ?? line(rest);
}

function jsonOrList(rest: string): Arguments {
  return json(rest) ?? list(rest);
}

/** A JSON array; what only looks like one is not. */
function json(rest: string): Arguments | undefined {
  if (!rest.startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(rest);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const args = value.map((item: unknown) => {
    if (typeof item === 'string') return item.toWellFormed();
    throw new DockerfileError('when using JSON array syntax, arrays must be comprised of strings only');
  });
  return { args, json: true };
}

function pairs(word: string, rest: string, mark: string): string[] {
  const words = splitWords(rest, mark);
  if (words.length === 0) return [];
  if (!words[0]?.includes('=')) {
    const [key, value] = splitOnce(rest);
    if (value === undefined) throw new DockerfileError(`${word} must have two arguments`);
    return [key, value, ''];
  }
  return words.flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) {
      throw new DockerfileError(`Syntax error - can't find = in ${quote(pair)}. Must be of the form: name=value`);
    }
    return [pair.slice(0, equals), pair.slice(equals + 1), '='];
  });
}

/** Splits at blanks outside of quotes; quotes and escapes stay, for they are taken away when variables are put in. */
function splitWords(rest: string, mark: string): string[] {
  const words: string[] = [];
  const letters = [...trim(rest)];
  let word = '';
  let quoted = '';
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? '';
    if (quoted === '' && isSpace(letter)) {
      if (word !== '') words.push(word);
      word = '';
    } else if (letter === mark && quoted !== "'") {
      if (at + 1 < letters.length) word += letter + letters[++at];
    } else {
      if (quoted === '' && (letter === "'" || letter === '"')) quoted = letter;
      else if (letter === quoted) quoted = '';
      word += letter;
    }
  }
  return word === '' ? words : [...words, word];
}
