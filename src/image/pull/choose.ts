import { EngineError } from '../../kit/index.ts';
import { type Descriptor, formatPlatform, type Platform, platformRank, type Reference } from '../../oci/index.ts';
import type { Repository } from '../../registry/index.ts';
import { checkKinds, type RemoteDocument, type RemoteImage, readDocument } from './documents.ts';

const deepest = 3;

/** The image that a document is or leads to: of a list the one for the platform. */
export async function chooseImage(
  repository: Repository,
  document: RemoteDocument,
  about: { platform: Platform; reference: Reference },
  depth = 0,
): Promise<RemoteImage> {
  if (document.kind === 'schema1') throw schema1Refusal(about.reference);
  if (document.kind === 'image') {
    checkKinds(document.image);
    return document.image;
  }
  if (depth === deepest) throw new EngineError('internal', 'the manifest list is nested too deeply');
  const { digest } = chosen(document.manifests, about.platform);
  return chooseImage(repository, readDocument(await repository.manifest(digest)), about, depth + 1);
}

/** The entry that suits best; one that names no platform is the last resort. */
function chosen(entries: Descriptor[], platform: Platform): Descriptor {
  const ranked = entries
    .map((entry) => ({ entry, rank: rankOf(entry, platform) }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((one, other) => (one.rank ?? 0) - (other.rank ?? 0));
  const [best] = ranked;
  if (best) return best.entry;
  const words = `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`;
  throw new EngineError('notFound', words);
}

function rankOf({ platform }: Descriptor, wanted: Platform): number | undefined {
  if (!platform?.os && !platform?.architecture) return Number.MAX_SAFE_INTEGER;
  return platformRank(platform, wanted);
}

function schema1Refusal({ domain, path, tag, digest }: Reference): EngineError {
  const whole = `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  const advice = `Suggest the author of ${whole} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2.`;
  return new EngineError(
    'invalid',
    `Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. ${advice} More information at https://docs.docker.com/go/deprecated-image-specs/`,
  );
}
