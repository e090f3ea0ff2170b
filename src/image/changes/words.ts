import { EngineError } from '../../kit/index.ts';

/** Splits at blanks outside of quotes and not after a backslash; quotes and backslashes stay in the words. */
export function splitWords(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s\\])+/gs) ?? [];
}

/** A word as the instruction means it: `$name` and `${name}` put in, quotes and backslashes taken away. */
export function expand(word: string, environment: Map<string, string>): string {
  let result = '';
  let quoted = false;
  for (let at = 0; at < word.length; ) {
    const char = word[at] ?? '';
    if (char === "'" && !quoted) {
      const end = word.indexOf("'", at + 1);
      if (end < 0)
        throw new EngineError('invalid', 'unexpected end of statement while looking for matching single-quote');
      result += word.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      quoted = !quoted;
      at++;
    } else if (char === '\\' && at + 1 < word.length) {
      const next = word[at + 1] ?? '';
      result += quoted && !'"$\\'.includes(next) ? `\\${next}` : next;
      at += 2;
    } else if (char === '$') {
      const [value, length] = variable(word.slice(at), environment);
      result += value;
      at += length;
    } else {
      result += char;
      at++;
    }
  }
  if (quoted) throw new EngineError('invalid', 'unexpected end of statement while looking for matching double-quote');
  return result;
}

/** The value of the variable at the head of `text`, and how much of the text names it. */
function variable(text: string, environment: Map<string, string>): [value: string, length: number] {
  const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text);
  if (plain) return [environment.get(plain[1] ?? '') ?? '', plain[0].length];
  if (!text.startsWith('${')) return ['$', 1];
  const braced = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^}]*))?\}/.exec(text);
  if (!braced) throw new EngineError('invalid', 'missing or unsupported modifier in substitution');
  const [whole, name = '', operator, argument = ''] = braced;
  const value = environment.get(name);
  const set = operator?.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator === undefined) return [value ?? '', whole.length];
  const other = () => expand(argument, environment);
  if (operator.endsWith('-')) return [set ? (value ?? '') : other(), whole.length];
  return [set ? other() : '', whole.length];
}

/** `name=value …`, or in the old way `name value with blanks`. */
export function pairs(command: string, text: string): [name: string, value: string][] {
  const words = splitWords(text);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const rest = text.trim().slice(first.length).trim();
    if (rest === '') throw new EngineError('invalid', `${command} must have two arguments`);
    return [[first, rest]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) {
      throw new EngineError(
        'invalid',
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    }
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** A JSON array of strings, if the text is one. */
export function jsonWords(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
