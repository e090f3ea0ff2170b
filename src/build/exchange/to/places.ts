import { EngineError, messageOf } from '../../../kit/index.ts';
import { mediaTypes, parseReference, plainTarHead, tarEnd, tarPadding, withDefaultTag } from '../../../oci/index.ts';
import type { Registry, Repository } from '../../../registry/index.ts';
import type { CacheTarget } from '../../contract.ts';
import type { Build } from '../../solve/build.ts';
import type { Parcel } from './blobs.ts';

/** A cache that is ready to go: its manifest last. */
export interface Shipment {
  blobs: Parcel[];
  manifest: Parcel;
}

const atOnce = 4;

/** Sends what a repository lacks of a cache, and puts its manifest under the name. */
export async function sendToRegistry(
  { request, signal }: Pick<Build, 'request' | 'signal'>,
  registry: Registry,
  { ref, shipment: { blobs, manifest } }: { ref: string; shipment: Shipment },
): Promise<void> {
  const reference = withDefaultTag(parseReference(ref));
  const login = request.credentials(reference.domain);
  const options = { access: 'push' as const, signal, ...(login && { credentials: login }) };
  await registry.at(reference, options, async (repository) => {
    const waiting = [...blobs];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await send(repository, next, signal);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const pieces: Uint8Array[] = [];
    for await (const piece of manifest.open()) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const { mediaType } = manifest.descriptor;
    await repository.putManifest(reference.tag ?? manifest.descriptor.digest, { mediaType, bytes });
  });
}

async function send(repository: Repository, { descriptor, open }: Parcel, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { digest } = descriptor;
  if ((await repository.blobSize(digest)) !== undefined) return;
  const upload = await repository.upload();
  if (!upload) throw new EngineError('internal', 'the registry began no upload');
  try {
    await upload.send(open());
    await upload.finish(digest);
  } catch (error) {
    await upload.cancel().catch(() => undefined);
    throw new EngineError('internal', `error writing layer blob: ${messageOf(error)}`, error);
  }
}

/** Hands a client a cache as an OCI layout. */
export async function sendToClient({ write, attributes }: CacheTarget, { blobs, manifest }: Shipment): Promise<void> {
  if (!write) throw new EngineError('invalid', 'local cache exporter requires dest');
  const { tag = 'latest' } = attributes;
  const named = { ...manifest.descriptor, annotations: { 'org.opencontainers.image.ref.name': tag } };
  await write(
    layoutTar([...blobs, manifest], { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [named] }),
  );
}

async function* layoutTar(parcels: Parcel[], index: object): AsyncGenerator<Uint8Array> {
  for (const directory of ['blobs/', 'blobs/sha256/']) yield plainTarHead({ name: directory });
  const sent = new Set<string>();
  for (const { descriptor, open } of parcels) {
    if (sent.has(descriptor.digest)) continue;
    sent.add(descriptor.digest);
    yield plainTarHead({ name: `blobs/${descriptor.digest.replace(':', '/')}`, size: descriptor.size });
    yield* open();
    yield new Uint8Array(tarPadding(descriptor.size));
  }
  for (const [name, document] of [
    ['oci-layout', { imageLayoutVersion: '1.0.0' }],
    ['index.json', index],
  ] as const) {
    const bytes = Buffer.from(JSON.stringify(document));
    yield plainTarHead({ name, size: bytes.length });
    yield bytes;
    yield new Uint8Array(tarPadding(bytes.length));
  }
  yield tarEnd;
}
