import type { Store } from '../../../store/index.ts';
import { resolve } from '../../lookup.ts';
import type { ContainerRow } from '../../row.ts';

/** Which containers a start of this one needs, or looks at: those it is linked to, shares namespaces with or has volumes from; by id. */
export function dependenciesOf(store: Store, { links, networkOf, hostConfig }: ContainerRow): string[] {
  const { NetworkMode, PidMode, IpcMode, VolumesFrom } = hostConfig;
  const joined = [NetworkMode, PidMode, IpcMode].map((mode) => /^container:(.+)$/s.exec(mode ?? '')?.[1]);
  const donors = (VolumesFrom ?? []).map((text) => text.split(':')[0]);
  const named = [...joined, ...donors].map((reference) => idOf(store, reference));
  const all = [...(links ?? []).map(({ child }) => child), networkOf, ...named];
  return [...new Set(all.filter((id) => id !== undefined))];
}

function idOf(store: Store, reference: string | undefined): string | undefined {
  if (!reference) return undefined;
  try {
    return resolve(store, reference).id;
  } catch {
    return undefined; // gone, or a name of several: its own start will say so
  }
}

/**
 * Does `work` for every key, each after that of the others which it depends on has settled, whatever came of it; what depends on itself
 * in the end does not wait for itself. `work` never rejects.
 */
export async function inOrder(
  needs: ReadonlyMap<string, string[]>,
  work: (key: string) => Promise<void>,
): Promise<void> {
  const begun = new Map<string, Promise<void>>();
  const begin = (key: string, above: string[]): Promise<void> => {
    const known = begun.get(key);
    if (known) return known;
    const path = [...above, key];
    const first = (needs.get(key) ?? []).filter((other) => needs.has(other) && !path.includes(other));
    const done = Promise.all(first.map((other) => begin(other, path))).then(() => work(key));
    begun.set(key, done);
    return done;
  };
  await Promise.all([...needs.keys()].map((key) => begin(key, [])));
}
