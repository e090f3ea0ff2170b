import { DockerfileError } from '../error.ts';
import { type Lexer, next, peek, readUntil } from './lexer.ts';
import { replaceMatches, trimPrefix, trimSuffix } from './modifiers.ts';

/** The value of the variable that a `$` begins, with its modifier applied. */
export function dollar(lexer: Lexer): string {
  lexer.at++;
  if (peek(lexer) !== '{') {
    const name = readName(lexer);
    if (name === '') return '$';
    return look(lexer, name) ?? (lexer.modes.keepUnset ? `$${name}` : '');
  }
  lexer.at++;
  const first = peek(lexer);
  if (first === undefined) throw new DockerfileError("syntax error: missing '}'");
  if (first === '{' || first === '}' || first === ':') throw new DockerfileError('syntax error: bad substitution');
  const name = readName(lexer);
  const sign = next(lexer);
  if (sign === '}') return look(lexer, name) ?? (lexer.modes.keepUnset ? `\${${name}}` : '');
  if (sign === '/') return replace(lexer, name);
  if (sign === ':') return modify(lexer, name, `:${next(lexer) ?? '\ufffd'}`);
  if (sign !== undefined && '+-?#%'.includes(sign)) return modify(lexer, name, sign);
  throw unsupported(sign ?? '\ufffd');
}

function modify(lexer: Lexer, name: string, sign: string): string {
  const pattern = sign.endsWith('#') || sign.endsWith('%');
  if (sign.length > 1 && pattern) throw unsupported(sign);
  const word = upTo(lexer, '}', pattern);
  const value = look(lexer, name);
  if (lexer.modes.keepUnset && value === undefined) return `\${${name}${sign}${word}}`;
  const missing = value === undefined || (sign.startsWith(':') && value === '');
  if (sign.endsWith('-')) return missing ? word : value;
  if (sign.endsWith('+')) return missing ? '' : word;
  if (sign.endsWith('?')) {
    if (!missing) return value;
    throw new DockerfileError(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
  }
  if (!pattern) throw unsupported(sign);
  const longest = word.startsWith(sign);
  const trimmed = sign === '%' ? trimSuffix : trimPrefix;
  return trimmed(value ?? '', longest ? word.slice(1) : word, longest);
}

function replace(lexer: Lexer, name: string): string {
  const all = peek(lexer) === '/';
  if (all) lexer.at++;
  const pattern = upTo(lexer, '/', true);
  const replacement = upTo(lexer, '}', true);
  const value = look(lexer, name);
  if (lexer.modes.keepUnset && value === undefined) return `\${${name}/${pattern}/${replacement}}`;
  return replaceMatches(value ?? '', { pattern, replacement, all });
}

function upTo(lexer: Lexer, stop: string, rawEscapes: boolean): string {
  try {
    return readUntil(lexer, stop, rawEscapes).text;
  } catch (error) {
    if (peek(lexer) !== undefined) throw error;
    throw new DockerfileError(`syntax error: missing '${stop}'${stop === '/' ? ' in $\u007b}' : ''}`);
  }
}

/** A name, a number, or one of the shell's special parameters. */
function readName(lexer: Lexer): string {
  const first = peek(lexer) ?? '';
  if (/^[@*#?\-$!]$/.test(first)) {
    lexer.at++;
    return first;
  }
  const part = /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u;
  let name = '';
  while (part.test(peek(lexer) ?? '')) name += next(lexer);
  return name;
}

function look(lexer: Lexer, name: string): string | undefined {
  const value = lexer.env.get(name);
  (value === undefined ? lexer.unmatched : lexer.matched).add(name);
  return value;
}

function unsupported(sign: string): DockerfileError {
  return new DockerfileError(`unsupported modifier (${sign}) in substitution`);
}
