import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../kit/index.ts';
import type { RuntimeSpec } from '../../../oci/index.ts';
import { containerDirectory } from '../end/clear.ts';

/** Keeps the spec of the present start, so that an exec, also one of a later engine, joins what was really started. */
export function saveSpec(context: { dataRoot: string }, id: string, spec: RuntimeSpec): void {
  writeFileSync(specPath(context, id), JSON.stringify(spec), { mode: 0o600 });
}

export function loadSpec(context: { dataRoot: string }, id: string): RuntimeSpec {
  try {
    return JSON.parse(readFileSync(specPath(context, id), 'utf8')) as RuntimeSpec;
  } catch (error) {
    throw new EngineError('internal', `the specification that container ${id} was started with is lost`, error);
  }
}

function specPath(context: { dataRoot: string }, id: string): string {
  return join(containerDirectory(context, id), 'spec.json');
}
