const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** The text between Go's quotes; throws `invalid syntax`. */
export function unquote(text: string): string {
  const body = text.slice(1, -1);
  if (text.startsWith('`')) return body.replaceAll('\r', '');
  return body.replace(/\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gs, (sequence) => {
    const code = sequence.slice(1);
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    const plain = escapes[code];
    if (plain === undefined || (code === "'" && text.startsWith('"'))) throw new Error('invalid syntax');
    return plain;
  });
}

/** A number of any of Go's spellings, or a character's code. */
export function parseNumber(text: string): number {
  if (text.startsWith("'")) {
    const letter = unquote(text);
    if ([...letter].length !== 1) throw new Error(`malformed character constant: ${text}`);
    return letter.codePointAt(0) ?? 0;
  }
  const digits = text.replaceAll('_', '').replace(/^[+-]/, '');
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = Number(octal);
  if (digits === '' || digits === '.' || Number.isNaN(value)) {
    throw new Error(`illegal number syntax: ${JSON.stringify(text)}`);
  }
  return text.startsWith('-') ? -value : value;
}
