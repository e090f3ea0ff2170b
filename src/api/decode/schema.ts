import { EngineError } from '../../kit/index.ts';
import type { Json } from './json.ts';

/** The shape of a body, by the Go types that Docker's clients meet in error messages. */
export type Schema =
  | { kind: 'bool' | 'string'; type: string }
  | { kind: 'integer'; type: string; least: bigint; most: bigint }
  | { kind: 'words' }
  | { kind: 'any' }
  | { kind: 'list'; type: string; of: Schema; length?: number }
  | { kind: 'map'; type: string; of: Schema }
  | { kind: 'struct'; type: string; fields: Record<string, Schema>; names: Map<string, string> };

export const bool: Schema = { kind: 'bool', type: 'bool' };
export const string = (type = 'string'): Schema => ({ kind: 'string', type });
export const int64 = (type = 'int64'): Schema => ({ kind: 'integer', type, least: -(2n ** 63n), most: 2n ** 63n - 1n });
export const unsigned = (bits: 16 | 32 | 64, type = `uint${bits}`): Schema => ({
  kind: 'integer',
  type,
  least: 0n,
  most: 2n ** BigInt(bits) - 1n,
});
/** A list of strings that may also be written as one string (Cmd, Entrypoint, CapAdd). */
export const words: Schema = { kind: 'words' };
export const strings: Schema = { kind: 'list', type: '[]string', of: string() };
export const stringMap: Schema = { kind: 'map', type: 'map[string]string', of: string() };
/** `type` is the Go type as messages name it, when it is not simply `[]` before the element's. */
export const list = (of: Schema, type = `[]${nameOf(of)}`): Schema => ({ kind: 'list', type, of });
/** Of a fixed length: what is missing is 0, what is too much is dropped. */
export const array = (length: number, of: Schema): Schema => ({
  kind: 'list',
  type: `[${length}]${nameOf(of)}`,
  of,
  length,
});
export const map = (of: Schema, type = `map[string]${nameOf(of)}`): Schema => ({ kind: 'map', type, of });
export const struct = (type: string, fields: Record<string, Schema>): Schema => ({
  kind: 'struct',
  type,
  fields,
  names: new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name])),
});

function nameOf(schema: Schema): string {
  return schema.kind === 'words' ? 'strslice.StrSlice' : schema.kind === 'any' ? 'interface {}' : schema.type;
}

interface Place {
  /** What messages say before the first dot; an embedded struct has no name there. */
  root: string;
  path: string[];
}

/**
 * Decodes as Go decodes into Docker's structs: names in any case, unknown ones ignored, null as absent, a repeated name
 * merged, and the first wrong type refused in Go's words. `root` is the struct's name in messages about its fields.
 */
export function decode(schema: Schema, json: Json, root: string): unknown {
  return decodeAt(schema, json, { root, path: [] }, undefined);
}

function decodeAt(schema: Schema, json: Json, place: Place, before: unknown): unknown {
  if (json.kind === 'null') return undefined;
  switch (schema.kind) {
    case 'any':
      return plain(json);
    case 'bool':
    case 'string':
      return json.kind === schema.kind ? json.value : mismatch(json, schema.type, place);
    case 'integer':
      return integer(schema, json, place);
    case 'words':
      return wordsOf(json);
    case 'list':
      return listOf(schema, json, place);
    case 'map':
    case 'struct':
      return membersOf(schema, json, place, before);
  }
}

function integer(schema: Schema & { kind: 'integer' }, json: Json, place: Place): number {
  if (json.kind !== 'number') return mismatch(json, schema.type, place);
  const value = /^-?\d+$/.test(json.text) ? BigInt(json.text) : undefined;
  if (value === undefined || value < schema.least || value > schema.most) {
    return mismatch(json, schema.type, place, `number ${json.text}`);
  }
  return Number(value);
}

function wordsOf(json: Json): string[] {
  if (json.kind === 'string') return [json.value];
  const good = json.kind === 'array' && json.items.every((item) => item.kind === 'string' || item.kind === 'null');
  if (!good)
    throw new EngineError('invalid', `invalid JSON: json: cannot unmarshal ${json.kind} into Go value of type string`);
  return json.items.map((item) => (item.kind === 'string' ? item.value : ''));
}

function listOf(schema: Schema & { kind: 'list' }, json: Json, place: Place): unknown[] {
  if (json.kind !== 'array') return mismatch(json, schema.type, place);
  const items = json.items.map((item, index) => {
    const value = decodeAt(schema.of, item, { ...place, path: [...place.path, String(index)] }, undefined);
    return value ?? zero(schema.of);
  });
  if (schema.length === undefined) return items;
  return Array.from({ length: schema.length }, (_, index) => items[index] ?? zero(schema.of));
}

function membersOf(schema: Schema & { kind: 'map' | 'struct' }, json: Json, place: Place, before: unknown): unknown {
  if (json.kind !== 'object') return mismatch(json, schema.type, place);
  const result = (before ?? {}) as Record<string, unknown>;
  for (const [name, member] of json.members) {
    const key = schema.kind === 'map' ? name : schema.names.get(name.toLowerCase());
    const of = schema.kind === 'map' ? schema.of : schema.fields[key ?? ''];
    if (key === undefined || of === undefined) continue;
    const earlier = schema.kind === 'struct' && Object.hasOwn(result, key) ? result[key] : undefined;
    const value = decodeAt(of, member, { ...place, path: [...place.path, key] }, earlier);
    if (value !== undefined) define(result, key, value);
    else if (schema.kind === 'map') define(result, key, zero(of));
    // Go keeps a scalar as it is on null, and drops what is a pointer, a list or a map.
    else if (of.kind === 'list' || of.kind === 'map' || of.kind === 'struct' || of.kind === 'words') delete result[key];
  }
  return result;
}

/** Also for the name `__proto__`, which an assignment would not make a member. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function zero(schema: Schema): unknown {
  if (schema.kind === 'string') return '';
  if (schema.kind === 'bool') return false;
  if (schema.kind === 'integer') return 0;
  return schema.kind === 'struct' ? {} : null;
}

function plain(json: Json): unknown {
  if (json.kind === 'null') return null;
  if (json.kind === 'number') return Number(json.text);
  if (json.kind === 'array') return json.items.map(plain);
  if (json.kind !== 'object') return json.value;
  const result = {};
  for (const [name, member] of json.members) define(result, name, plain(member));
  return result;
}

function mismatch(json: Json, type: string, { root, path }: Place, what: string = json.kind): never {
  const start = `invalid JSON: json: cannot unmarshal ${what} into`;
  if (path.length === 0) throw new EngineError('invalid', `${start} Go value of type ${type}`);
  const place = `${root}.${path.map((token) => token.replaceAll('~', '~0').replaceAll('/', '~1')).join('.')}`;
  // An element is not called a field.
  const element = /^\d+$/.test(path.at(-1) ?? '');
  throw new EngineError('invalid', `${start} ${element ? '' : 'Go struct field '}${place} of type ${type}`);
}
