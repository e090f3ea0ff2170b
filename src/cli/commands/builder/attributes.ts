/** `type=local,dest=path` as fields; a bare word is the `type`'s default field. Commas within quotes belong to a value. */
export function readAttributes(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const part of text.match(/(?:"[^"]*"|[^,])+/g) ?? []) {
    const bare = part.replaceAll('"', '');
    const at = bare.indexOf('=');
    if (at < 0) throw new Error(`invalid value ${bare}`);
    fields[bare.slice(0, at).trim().toLowerCase()] = bare.slice(at + 1);
  }
  return fields;
}

/** Cache sources and destinations: a name alone is a registry's. */
export function readCaches(texts: string[]): Record<string, string>[] {
  return texts.map((text) => {
    if (!text.includes('=')) return { type: 'registry', ref: text };
    const fields = readAttributes(text);
    if (fields.type === undefined) throw new Error(`type required form> "${text}"`);
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
