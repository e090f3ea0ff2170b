const spaces = new Set(
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

/** Whether a character is white space to Go, which Docker is written in: unlike here, U+0085 is and U+FEFF is not. */
export function isSpace(character: string): boolean {
  return spaces.has(character);
}

/** Without the white space before it. Trimming is done by hand, for expressions take quadratic time where a file wants them to. */
export function trimStart(text: string): string {
  let at = 0;
  while (isSpace(text[at] ?? '')) at++;
  return text.slice(at);
}

/** Without the white space around it. */
export function trim(text: string): string {
  return trimStart(trimEnd(text, isSpace));
}

/** Without the letters at its end that are meant. */
export function trimEnd(text: string, isMeant: (letter: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isMeant(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
}

/** A line without what ends it. */
export function withoutNewline(line: string): string {
  return trimEnd(line, (letter) => letter === '\n' || letter === '\r');
}
