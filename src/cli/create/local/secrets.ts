import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCsv } from '../../../kit/index.ts';
import { errorText } from '../../error-text.ts';

/** A secret in the engine's own part of a request to create (`Tug`). */
export interface SecretRequest {
  ID: string;
  Data: string;
  Target?: string;
  UID?: number;
  GID?: number;
  Mode?: number;
}

/** `id=NAME,src=FILE` or `id=NAME,env=VARIABLE`, with `target`, `uid`, `gid` and `mode`; what is in it is read here. */
export function readSecret(text: string, env: Record<string, string | undefined>): SecretRequest {
  const fields = new Map(parseCsv(text).map((field) => fieldOf(field)));
  const unknown = [...fields.keys()].find((key) => !known.has(key));
  if (unknown !== undefined) throw new Error(`unexpected key '${unknown}' in '${text}'`);
  const id = fields.get('id') ?? '';
  if (id === '') throw new Error(`invalid secret '${text}': id is missing`);
  const target = fields.get('target') ?? fields.get('dst');
  const numbers = {
    ...numberOf('UID', fields.get('uid'), 10),
    ...numberOf('GID', fields.get('gid'), 10),
    ...numberOf('Mode', fields.get('mode'), 8),
  };
  const data = contentOf({ id, file: fields.get('src') ?? fields.get('source'), variable: fields.get('env') }, env);
  return { ID: id, Data: data.toString('base64'), ...(target && { Target: target }), ...numbers };
}

const known = new Set(['id', 'src', 'source', 'env', 'type', 'target', 'dst', 'uid', 'gid', 'mode']);

function fieldOf(field: string): [key: string, value: string] {
  const at = field.indexOf('=');
  if (at < 0) throw new Error(`invalid field '${field}' must be a key=value pair`);
  return [field.slice(0, at).toLowerCase(), field.slice(at + 1)];
}

function numberOf(name: string, text: string | undefined, base: 8 | 10): Record<string, number> {
  if (text === undefined) return {};
  if (!(base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text))
    throw new Error(`invalid ${name.toLowerCase()} of a secret: ${text}`);
  return { [name]: Number.parseInt(text, base) };
}

interface Place {
  id: string;
  file: string | undefined;
  variable: string | undefined;
}

/** As for builds: the file that is named, else the variable, else the variable of the secret's name, else the file of that name. */
function contentOf({ id, file, variable }: Place, env: Record<string, string | undefined>): Buffer {
  if (file === undefined) {
    const value = env[variable ?? id];
    if (value !== undefined) return Buffer.from(value);
    if (variable !== undefined) throw new Error(`secret ${id}: the variable ${variable} is not set`);
  }
  try {
    return readFileSync(resolve(file ?? id));
  } catch (error) {
    throw new Error(`secret ${id}: ${errorText(error)}`, { cause: error });
  }
}
