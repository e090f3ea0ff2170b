import { EngineError } from '../../../kit/index.ts';
import { type Descriptor, digestOf, isDigest, parseReference, withDefaultTag } from '../../../oci/index.ts';
import type { Credentials, Registry, Repository } from '../../../registry/index.ts';
import type { ClientDirectory } from '../../contract.ts';
import type { CacheManifest } from '../format.ts';

/** A place that has manifests and blobs. */
export interface Place {
  /** What was named. */
  root(): Promise<CacheManifest>;
  manifest(digest: string): Promise<CacheManifest>;
  /** Hands the bytes of a blob to `use`, which checks them. */
  blob<T>(digest: string, use: (bytes: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T>;
}

/** Documents are small; what is larger is none. */
const longest = 64 << 20;

/** A document in a blob, checked against its digest. */
export function documentIn<T>(place: Place, digest: string): Promise<T> {
  return place.blob(digest, async (bytes) => parsed<T>(await gathered(bytes), digest));
}

export function registryPlace(
  registry: Registry,
  ref: string,
  { credentials, signal }: { credentials: (domain: string) => Credentials | undefined; signal: AbortSignal },
): Place {
  const reference = withDefaultTag(parseReference(ref));
  const login = credentials(reference.domain);
  const at = <T>(work: (repository: Repository) => Promise<T>): Promise<T> =>
    registry.at(reference, { access: 'pull', signal, ...(login && { credentials: login }) }, work);
  const manifest = (name: string) =>
    at(async (repository) => parsed<CacheManifest>((await repository.manifest(name)).bytes));
  return {
    root: () => manifest(reference.digest ?? reference.tag ?? 'latest'),
    manifest,
    blob: (digest, use) => at(async (repository) => use((await repository.blob(digest, { offset: 0, signal })).bytes)),
  };
}

/** A directory of the client's that is an OCI layout; `wanted` is a tag or a digest in it. */
export function layoutPlace(directory: ClientDirectory, wanted: string): Place {
  const document = async (digest: string) =>
    parsed<CacheManifest>(await gathered(directory.read(pathOf(digest))), digest);
  return {
    manifest: document,
    async root() {
      if (isDigest(wanted)) return document(wanted);
      const { manifests = [] } = parsed<CacheManifest>(await gathered(directory.read('index.json')));
      const found =
        manifests.find((one) => isNamed(one, wanted)) ?? (manifests.length === 1 ? manifests[0] : undefined);
      if (!found) throw new EngineError('notFound', `could not read ${wanted} from index.json`);
      return document(found.digest);
    },
    blob: (digest, use) => use(directory.read(pathOf(digest))),
  };
}

function pathOf(digest: string): string {
  if (!isDigest(digest)) throw new EngineError('invalid', `invalid digest ${JSON.stringify(digest)}`);
  return `blobs/${digest.replace(':', '/')}`;
}

function isNamed({ annotations }: Descriptor, name: string): boolean {
  return annotations?.['org.opencontainers.image.ref.name'] === name;
}

async function gathered(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > longest) throw new EngineError('invalid', 'a document of the cache is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function parsed<T>(bytes: Uint8Array, digest?: string): T {
  if (digest !== undefined && digestOf(bytes) !== digest) {
    throw new EngineError('invalid', `${digest} is not what its digest says`);
  }
  try {
    const found = JSON.parse(Buffer.from(bytes).toString()) as T | null;
    if (found && typeof found === 'object') return found;
  } catch (error) {
    throw new EngineError('invalid', 'a document of the cache cannot be read', error);
  }
  throw new EngineError('invalid', 'a document of the cache is no object');
}
