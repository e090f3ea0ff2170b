/** The fields of one line of comma-separated values, as Go reads them: quotes may stand around a whole field. */
export function parseCsv(line: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const [field, next] = line[at] === '"' ? quoted(line, at) : plain(line, at);
    fields.push(field);
    if (next >= line.length) return fields;
    at = next + 1;
  }
}

function plain(line: string, at: number): [field: string, next: number] {
  const comma = line.indexOf(',', at);
  const next = comma < 0 ? line.length : comma;
  const field = line.slice(at, next);
  const quote = field.indexOf('"');
  if (quote >= 0) throw fault(at + quote, 'bare " in non-quoted-field');
  return [field, next];
}

function quoted(line: string, at: number): [field: string, next: number] {
  let field = '';
  for (let from = at + 1; ; ) {
    const quote = line.indexOf('"', from);
    if (quote < 0) throw fault(line.length, 'extraneous or missing " in quoted-field');
    field += line.slice(from, quote);
    const next = line[quote + 1];
    if (next === undefined || next === ',') return [field, quote + 1];
    if (next !== '"') throw fault(quote, 'extraneous or missing " in quoted-field');
    field += '"';
    from = quote + 2;
  }
}

function fault(at: number, words: string): Error {
  return new Error(`parse error on line 1, column ${at + 1}: ${words}`);
}
