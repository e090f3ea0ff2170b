import { parseCsv } from '../../../kit/index.ts';

/** `type=local,dest=path` as fields. */
export function readAttributes(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const part of parseCsv(text)) {
    const at = part.indexOf('=');
    if (at < 0) throw new Error(`invalid value ${part}`);
    fields[part.slice(0, at).trim().toLowerCase()] = part.slice(at + 1);
  }
  return fields;
}

/** Cache sources and destinations: a name alone is a registry's. `need` is what each type cannot be without. */
export function readCaches(
  texts: string[],
  need: Record<string, { field: string; missing: string }>,
): Record<string, string>[] {
  return texts.map((text) => {
    const fields = text.includes('=') ? readAttributes(text) : { type: 'registry', ref: text };
    const { type } = fields;
    if (type === undefined) throw new Error(`type required form> "${text}"`);
    const needed = need[type];
    if (needed && !fields[needed.field]) throw new Error(needed.missing);
    return fields;
  });
}

/** `--output`; a path alone is a directory, `-` a tar on the standard output. */
export function readOutputs(texts: string[], shorthands: { push: boolean; load: boolean }): Record<string, string>[] {
  const outputs = texts.map((text) => {
    if (text === '-') return { type: 'tar', dest: '-' };
    if (!text.includes('=')) return { type: 'local', dest: text };
    const fields = readAttributes(text);
    if (fields.type === undefined) throw new Error('type is required for output');
    if (['local', 'tar', 'oci'].includes(fields.type) && fields.dest === undefined) {
      if (fields.type === 'local') throw new Error('dest is required for local output');
      return { ...fields, dest: '-' };
    }
    return fields;
  });
  if (shorthands.push) outputs.push({ type: 'registry' });
  if (shorthands.load) outputs.push({ type: 'docker' });
  return outputs;
}

/** `--platform a,b`, several times; each once. */
export function readPlatforms(texts: string[]): string[] {
  return [
    ...new Set(
      texts
        .flatMap((text) => text.split(','))
        .map((text) => text.trim())
        .filter((text) => text !== ''),
    ),
  ];
}
