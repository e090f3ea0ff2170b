import { EngineError } from '../../kit/index.ts';
import { isBlank, parseJson } from './json.ts';
import { decode, type Schema } from './schema.ts';

/** A JSON body of that shape; an EngineError `invalid` in Docker's words if it is none. `root` as for `decode`. */
export function decodeBody<T extends object>(schema: Schema, text: string, root: string): T {
  if (isBlank(text)) throw new EngineError('invalid', 'invalid JSON: got EOF while reading request body');
  return (decode(schema, parseJson(text), root) ?? {}) as T;
}
