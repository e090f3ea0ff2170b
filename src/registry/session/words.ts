import { asEngineError, EngineError } from '../../kit/index.ts';
import type { Access } from '../contract.ts';
import { refusalOf } from './failure.ts';

/** An error about a repository (`busybox`) or an image in it (`busybox:1`), as Docker words it. */
export function translate(error: unknown, access: Access, name: { whole: string; repository: string }): EngineError {
  const known = asEngineError(error);
  const refused = refusalOf(error);
  if (access === 'push' && known.message.endsWith('": no basic auth credentials')) {
    return new EngineError(known.kind, 'no basic auth credentials', known.cause);
  }
  if (!refused?.first) return known;
  const about = access === 'pull' && !refused.bare ? pullWords(refused.code, name) : undefined;
  if (about !== undefined) return new EngineError('notFound', `${about}: ${refused.first}`, known.cause);
  return access === 'push' ? known : new EngineError(known.kind, refused.first, known.cause);
}

function pullWords(code: string, { whole, repository }: { whole: string; repository: string }): string | undefined {
  if (code === 'DENIED') {
    return `pull access denied for ${repository}, repository does not exist or may require 'docker login'`;
  }
  if (code === 'MANIFEST_UNKNOWN') return `manifest for ${whole} not found`;
  if (code === 'NAME_UNKNOWN') return `repository ${repository} not found`;
  return undefined;
}
