/** A value as Go's Marshal writes it on one line: `<`, `>` and `&` escaped. */
export function formatJson(value: unknown): string {
  return plainJson(value).replace(/[<>&]/g, escapeLetter);
}

/** The same with `<`, `>` and `&` as they are, as templates print it. */
export function plainJson(value: unknown): string {
  const text = JSON.stringify(value ?? null, (_, one: unknown) => (typeof one === 'bigint' ? rawNumber(one) : one));
  return text.replace(/[\u2028\u2029]/g, escapeLetter);
}

function escapeLetter(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function rawNumber(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}

/** Parses JSON; whole numbers that a double cannot hold become bigint. */
export function parseJson(text: string): unknown {
  if (!/[0-9]{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  const isWhole = typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source);
  return isWhole && !Number.isSafeInteger(value) ? BigInt(source) : value;
}

/** Lays JSON text out on lines without changing a token of it: key order and numbers stay as they came. */
export function indentJson(text: string, indent: string, prefix = ''): string {
  const value: unknown = JSON.parse(text);
  // What comes out as it went in loses nothing by having been parsed, and the built-in is much the fastest.
  if (JSON.stringify(value) === text.trim()) {
    return JSON.stringify(value, null, indent).replaceAll('\n', `\n${prefix}`);
  }
  let out = '';
  let depth = 0;
  let isFresh = false;
  const newline = () => `\n${prefix}${indent.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '}' || token === ']') {
      depth--;
      // What was opened just now is empty and stays on its line.
      if (!isFresh) out += newline();
    } else if (isFresh) out += newline();
    isFresh = token === '{' || token === '[';
    if (isFresh) depth++;
    out += token === ':' ? ': ' : token;
    if (token === ',') out += newline();
  }
  return out;
}
