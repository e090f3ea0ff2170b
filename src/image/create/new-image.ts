import { EngineError } from '../../kit/index.ts';
import {
  emptyConfig,
  type ImageRunConfig,
  isTag,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../../oci/index.ts';

/** The name that a new image gets, undefined where the repository is empty; refusals are Docker's. */
export function nameFor(repository: string, tag: string): Reference | undefined {
  if (repository === '') return undefined;
  const name = parseReference(repository);
  if (name.digest !== undefined) throw new EngineError('invalid', 'cannot import digest reference');
  if (tag !== '' && !isTag(tag)) throw new EngineError('invalid', 'invalid tag format');
  return withDefaultTag(tag === '' ? name : { ...name, tag });
}

/** A configuration as Docker writes it in an image, empty fields too. */
export function wholeRunConfig(run: ImageRunConfig): ImageRunConfig {
  return { ...emptyConfig, ...run } as ImageRunConfig;
}

/** Bytes as a stream. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
