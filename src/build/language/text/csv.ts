import { DockerfileError } from '../error.ts';

/** The fields of one comma-separated line, quotes taken away; throws as Go's reader does, without its prefix. */
export function csvFields(line: string): string[] {
  if (line === '') throw new DockerfileError('EOF');
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const [field, after] = rest.startsWith('"') ? quotedField(rest, line) : plainField(rest, line);
    fields.push(field);
    if (after === '') return fields;
    rest = after.slice(1);
    if (rest === '') return [...fields, ''];
  }
}

function plainField(rest: string, line: string): [field: string, after: string] {
  const comma = rest.indexOf(',');
  const field = comma < 0 ? rest : rest.slice(0, comma);
  const stray = field.indexOf('"');
  if (stray >= 0) throw broken(line.length - rest.length + stray, 'bare " in non-quoted-field');
  return [field, rest.slice(field.length)];
}

function quotedField(rest: string, line: string): [field: string, after: string] {
  const match = /^"((?:[^"]|"")*)"/.exec(rest);
  if (!match)
    throw broken(
      line.length - rest.length + 1 + (rest.lastIndexOf('"') || 0),
      'extraneous or missing " in quoted-field',
    );
  const [whole, inside = ''] = match;
  const after = rest.slice(whole.length);
  if (after !== '' && !after.startsWith(',')) {
    throw broken(line.length - after.length - 1, 'extraneous or missing " in quoted-field');
  }
  return [inside.replaceAll('""', '"'), after];
}

function broken(column: number, problem: string): DockerfileError {
  return new DockerfileError(`parse error on line 1, column ${column + 1}: ${problem}`);
}
