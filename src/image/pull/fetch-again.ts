import { EngineError, messageOf } from '../../kit/index.ts';
import { familiarName, type Reference } from '../../oci/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Context } from '../context.ts';
import { namesOf } from '../records/records.ts';
import type { Downloads } from '../transfer/downloads.ts';

/** How long a registry may take to begin its answer to what nobody waits for, in ms. */
const patience = 15_000;

/** Brings a lost blob of an image (its id) into the store again and says from where; an EngineError tells why none could give it. */
export type FetchAgain = (image: string, digest: string) => Promise<string>;

/** Asks the repositories that the image was pulled from, as nobody: what is private stays lost until somebody pulls it. */
export function createFetchAgain(
  context: Context,
  { registry, downloads }: { registry: Registry; downloads: Downloads },
): FetchAgain {
  async function fetchFrom({ domain, path }: Reference, digest: string): Promise<void> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new EngineError('unavailable', 'it does not answer')), patience);
    const { signal } = stop;
    try {
      await registry.at({ domain, path }, { access: 'pull', signal }, async (repository) => {
        const size = await repository.blobSize(digest);
        clearTimeout(timer);
        if (size === undefined) throw new EngineError('notFound', 'it has no such blob');
        await downloads.fetch({ repository, blob: { digest, size }, signal, tell: () => undefined }).done;
      });
    } finally {
      clearTimeout(timer);
    }
  }

  return async (image, digest) => {
    const failures: string[] = [];
    for (const name of pulledFrom(context, image)) {
      try {
        await fetchFrom(name, digest);
        return `fetched again from ${familiarName(name)}`;
      } catch (error) {
        failures.push(`${familiarName(name)}: ${messageOf(error)}`);
      }
    }
    throw new EngineError('notFound', failures.join('; '));
  };
}

/** Only what came from a registry has a name with a digest. */
function pulledFrom({ store }: Context, image: string): Reference[] {
  return store.view((tx) => namesOf(tx, image)).filter(({ digest }) => digest !== undefined);
}
