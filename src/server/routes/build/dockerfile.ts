import { posix } from 'node:path';
import type { Files } from '../../../build/index.ts';
import { readFileIn } from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';

/** The Dockerfile in a context; without a name also `dockerfile`. */
export function readDockerfile(
  files: Files & { dockerfile?: string },
  asked: string,
): { name: string; bytes: Uint8Array } {
  const name = files.dockerfile ?? (asked || 'Dockerfile');
  const path = posix.normalize(name);
  if (path.startsWith('../')) throw new EngineError('internal', `forbidden path outside the build context: ${name}`);
  const bytes = readFileIn(files.root, path) ?? (asked === '' ? readFileIn(files.root, 'dockerfile') : undefined);
  if (bytes === undefined) throw new EngineError('internal', `Cannot locate specified Dockerfile: ${name}`);
  if (bytes.length === 0) throw new EngineError('invalid', `The Dockerfile (${name}) cannot be empty`);
  return { name, bytes };
}
