const short: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** A string in Go's quotes, as Docker's messages and histories show it. */
export function quote(text: string): string {
  return `"${Array.from(text, quoteCharacter).join('')}"`;
}

/** A number as Go quotes it: as the letter of that code, `'\\x03'`. */
export function quoteRune(code: number): string {
  const letter = String.fromCodePoint(code > 0x10ffff ? 0xfffd : code);
  return `'${letter === "'" ? "\\'" : letter === '"' ? letter : quoteCharacter(letter)}'`;
}

/** Strings as Go prints a list of quoted ones: `["a" "b"]`. */
export function quoteAll(words: readonly string[]): string {
  return `[${words.map(quote).join(' ')}]`;
}

function quoteCharacter(character: string): string {
  const known = short[character];
  if (known !== undefined) return known;
  if (character === ' ' || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
