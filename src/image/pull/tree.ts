import { EngineError } from '../../kit/index.ts';
import { type Descriptor, formatPlatform, isIndexType, type Platform } from '../../oci/index.ts';
import type { FetchedManifest, Repository } from '../../registry/index.ts';
import { bestFor } from '../records/indexes.ts';
import { checked, type RemoteImage, readDocument } from './documents.ts';

const deepest = 3;
/** So many lists within a list are looked into. */
const nestedMost = 32;

/** A list of manifests in a registry, with those that it names through lists within it. */
export interface RemoteTree {
  list: FetchedManifest;
  /** Each after those that it names. */
  nested: FetchedManifest[];
  entries: RemoteEntry[];
}

export interface RemoteEntry {
  descriptor: Descriptor;
  platform?: Platform;
}

/** Reads what a list names. */
export async function readTree(
  repository: Repository,
  list: FetchedManifest,
  manifests: Descriptor[],
): Promise<RemoteTree> {
  const nested: FetchedManifest[] = [];
  const look = async (descriptors: Descriptor[], depth: number, around?: Platform): Promise<RemoteEntry[]> => {
    const entries: RemoteEntry[] = [];
    for (const descriptor of descriptors.map(checked)) {
      const platform = descriptor.platform ?? around;
      if (!isIndexType(descriptor.mediaType)) {
        entries.push({ descriptor, ...(platform && { platform }) });
        continue;
      }
      if (depth === deepest || nested.length >= nestedMost) {
        throw new EngineError('internal', 'the manifest list is nested too deeply');
      }
      const fetched = await fetchEntry(repository, descriptor);
      const document = readDocument(fetched);
      if (document.kind !== 'index') throw unsupported(descriptor);
      entries.push(...(await look(document.manifests, depth + 1, platform)));
      nested.push(fetched);
    }
    return entries;
  };
  return { list, entries: await look(manifests, 0), nested };
}

/** What of a list is to be brought: all, or of each platform what suits it best. */
export function chosenOf({ entries }: RemoteTree, platforms: Platform[] | 'all'): RemoteEntry[] {
  if (platforms === 'all') return entries;
  const chosen = platforms.map((platform) => {
    const best = bestFor(entries, platform);
    if (best) return best;
    const words = `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`;
    throw new EngineError('notFound', words);
  });
  return [...new Set(chosen)];
}

/** The manifest that an entry stands for. */
export async function readEntry(repository: Repository, { descriptor }: RemoteEntry): Promise<RemoteImage> {
  const document = readDocument(await fetchEntry(repository, descriptor));
  if (document.kind !== 'image') throw unsupported(descriptor);
  return document.image;
}

async function fetchEntry(repository: Repository, { digest, size }: Descriptor): Promise<FetchedManifest> {
  const fetched = await repository.manifest(digest);
  if (fetched.bytes.length !== size) {
    throw new EngineError(
      'internal',
      `manifest ${digest} has ${fetched.bytes.length} bytes, not ${size} as its list says`,
    );
  }
  return fetched;
}

function unsupported({ mediaType }: Descriptor): EngineError {
  return new EngineError('internal', `unsupported media type ${mediaType}`);
}
