import { posix } from 'node:path';
import type { ReceivedFiles } from '../../../build/index.ts';
import { readFileIn } from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';

/** The Dockerfile in a context; without a name also `dockerfile`. Where the ignore file names it, or itself, no step sees them. */
export function readDockerfile(files: ReceivedFiles, asked: string): { name: string; bytes: Uint8Array } {
  const name = files.dockerfile ?? (asked || 'Dockerfile');
  const path = posix.normalize(name).replace(/^\/+/, '');
  if (path.startsWith('../')) throw new EngineError('internal', `forbidden path outside the build context: ${name}`);
  const found = asked === '' ? [path, 'dockerfile'] : [path];
  for (const one of found) {
    const bytes = readFileIn(files.root, one);
    if (bytes === undefined) continue;
    if (bytes.length === 0) throw new EngineError('invalid', `the Dockerfile (${name}) cannot be empty`);
    for (const ignored of files.ignored(['.dockerignore', one])) files.remove(ignored);
    return { name, bytes };
  }
  throw new EngineError('internal', `Cannot locate specified Dockerfile: ${name}`);
}
