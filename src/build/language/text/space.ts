const space = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const one = new RegExp(`^[${space}]$`);
const leading = new RegExp(`^[${space}]+`);
const trailing = new RegExp(`[${space}]+$`);

/** Whether a character is white space to Go, which Docker is written in: unlike here, U+0085 is and U+FEFF is not. */
export function isSpace(character: string): boolean {
  return one.test(character);
}

export function trimStart(text: string): string {
  return text.replace(leading, '');
}

export function trim(text: string): string {
  return trimStart(text).replace(trailing, '');
}
