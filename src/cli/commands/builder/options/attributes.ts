import { messageOf, parseCsv } from '../../../../kit/index.ts';
import { CliError } from '../../../command.ts';

/** `type=local,dest=path` as fields. */
export function readAttributes(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const part of fieldsOf(text)) {
    const at = part.indexOf('=');
    if (at < 0) throw refused(`invalid value ${part}`);
    fields[part.slice(0, at).trim().toLowerCase()] = part.slice(at + 1);
  }
  return fields;
}

/** What an option says cannot be read, as buildx tells it. */
export function refused(message: string): CliError {
  return new CliError(`ERROR: ${message}`, 1);
}

function fieldsOf(text: string): string[] {
  try {
    return parseCsv(text);
  } catch (error) {
    throw refused(messageOf(error));
  }
}

/** Cache sources and destinations: a name alone is a registry's. `need` is what each type cannot be without. */
export function readCaches(
  texts: string[],
  need: Record<string, { field: string; missing: string }>,
): Record<string, string>[] {
  const given = texts.filter((text) => text !== '');
  return given.map((text) => {
    const fields = text.includes('=') ? readAttributes(text) : { type: 'registry', ref: text };
    const { type } = fields;
    if (type === undefined) throw refused(`type required form> "${text}"`);
    const needed = need[type];
    if (needed && !fields[needed.field]) throw new Error(needed.missing);
    return fields;
  });
}

/** `--output`; a path alone is a directory, `-` a tar on the standard output. */
export function readOutputs(texts: string[], shorthands: { push: boolean; load: boolean }): Record<string, string>[] {
  const outputs = texts.map((text) => {
    if (text === '-') return { type: 'tar', dest: '-' };
    if (!/[=,"]/.test(text)) return { type: 'local', dest: text };
    const fields = readAttributes(text);
    if (fields.type === undefined) throw refused('type is required for output');
    if (['local', 'tar', 'oci'].includes(fields.type) && fields.dest === undefined) {
      if (fields.type === 'local') throw new Error('dest is required for local exporter');
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
