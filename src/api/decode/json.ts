import { EngineError } from '../../kit/index.ts';

/** A parsed JSON value that still knows what was written: numbers as their text, object members in order. */
export type Json =
  | { kind: 'null' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'number'; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'array'; items: Json[] }
  | { kind: 'object'; members: [name: string, value: Json][] };

/** As deep as Go's parser goes. */
const deepest = 10_000;

/** Parses one JSON text; what is wrong with it is said as Docker's clients know it (`invalid character '}' …`). */
export function parseJson(text: string): Json {
  const cursor = { text, at: 0 };
  const value = readValue(cursor, 0);
  skipSpace(cursor);
  if (cursor.at < text.length) throw new EngineError('invalid', 'unexpected content after JSON');
  return value;
}

/** The text holds nothing but white space. */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

interface Cursor {
  text: string;
  at: number;
}

function readValue(cursor: Cursor, depth: number): Json {
  if (depth > deepest) fail('exceeded max depth');
  skipSpace(cursor);
  const c = cursor.text[cursor.at];
  if (c === '{') return readObject(cursor, depth + 1);
  if (c === '[') return readArray(cursor, depth + 1);
  if (c === '"') return { kind: 'string', value: readString(cursor) };
  if (c === 't') return readLiteral(cursor, 'true', { kind: 'bool', value: true });
  if (c === 'f') return readLiteral(cursor, 'false', { kind: 'bool', value: false });
  if (c === 'n') return readLiteral(cursor, 'null', { kind: 'null' });
  if (c === '-' || isDigit(c)) return readNumber(cursor);
  return wrong(cursor, 'looking for beginning of value');
}

function readObject(cursor: Cursor, depth: number): Json {
  const members: [string, Json][] = [];
  cursor.at += 1;
  skipSpace(cursor);
  if (passes(cursor, '}')) return { kind: 'object', members };
  for (;;) {
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== '"') wrong(cursor, 'looking for beginning of object key string');
    const name = readString(cursor);
    skipSpace(cursor);
    if (!passes(cursor, ':')) wrong(cursor, 'after object key');
    members.push([name, readValue(cursor, depth)]);
    skipSpace(cursor);
    if (passes(cursor, '}')) return { kind: 'object', members };
    if (!passes(cursor, ',')) wrong(cursor, 'after object key:value pair');
  }
}

function readArray(cursor: Cursor, depth: number): Json {
  const items: Json[] = [];
  cursor.at += 1;
  skipSpace(cursor);
  if (passes(cursor, ']')) return { kind: 'array', items };
  for (;;) {
    items.push(readValue(cursor, depth));
    skipSpace(cursor);
    if (passes(cursor, ']')) return { kind: 'array', items };
    if (!passes(cursor, ',')) wrong(cursor, 'after array element');
  }
}

function readString(cursor: Cursor): string {
  const { text, at: start } = cursor;
  for (cursor.at += 1; ; cursor.at += 1) {
    const code = text.charCodeAt(cursor.at);
    if (code === 34) break;
    if (Number.isNaN(code) || code < 32) wrong(cursor, 'in string');
    if (code === 92) cursor.at += escapeLength(cursor) - 1;
  }
  cursor.at += 1;
  return JSON.parse(text.slice(start, cursor.at)) as string;
}

function escapeLength({ text, at }: Cursor): number {
  const wanted = text[at + 1] === 'u' ? 6 : 2;
  const sequence = text.slice(at, at + wanted);
  if (/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})$/.test(sequence)) return wanted;
  if (sequence.length < wanted) fail('unexpected EOF');
  return fail(`invalid escape sequence \`${sequence}\` in string`);
}

function readNumber(cursor: Cursor): Json {
  const start = cursor.at;
  passes(cursor, '-');
  if (!passes(cursor, '0')) readDigits(cursor);
  if (passes(cursor, '.')) readDigits(cursor);
  if (passes(cursor, 'e') || passes(cursor, 'E')) {
    if (!passes(cursor, '+')) passes(cursor, '-');
    readDigits(cursor);
  }
  return { kind: 'number', text: cursor.text.slice(start, cursor.at) };
}

function readDigits(cursor: Cursor): void {
  if (!isDigit(cursor.text[cursor.at])) wrong(cursor, 'in numeric literal');
  while (isDigit(cursor.text[cursor.at])) cursor.at += 1;
}

function readLiteral(cursor: Cursor, word: string, value: Json): Json {
  for (const letter of word) if (!passes(cursor, letter)) wrong(cursor, `in literal ${word} (expecting '${letter}')`);
  return value;
}

function passes(cursor: Cursor, wanted: string): boolean {
  const here = cursor.text[cursor.at] === wanted;
  if (here) cursor.at += 1;
  return here;
}

function skipSpace(cursor: Cursor): void {
  while (' \t\r\n'.includes(cursor.text[cursor.at] ?? 'end')) cursor.at += 1;
}

function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9';
}

/** The character here is not what the grammar wants. */
function wrong({ text, at }: Cursor, context: string): never {
  const code = text.codePointAt(at);
  if (code === undefined) return fail('unexpected EOF');
  return fail(`invalid character ${quoteRune(String.fromCodePoint(code))} ${context}`);
}

function fail(message: string): never {
  throw new EngineError('invalid', `invalid JSON: ${message}`);
}

const named: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', "'": "\\'", '\\': '\\\\' };

function quoteRune(rune: string): string {
  const code = rune.codePointAt(0) ?? 0;
  const plain = code < 32 || code === 127 ? `\\x${code.toString(16).padStart(2, '0')}` : rune;
  return `'${named[rune] ?? plain}'`;
}
