import { type Descriptor, digestOf, familiarName, mediaTypes, type Reference } from '../../oci/index.ts';
import type { Blobs } from '../../store/index.ts';
import { compressionOf } from '../layers/compression.ts';
import { blobsOfIndex } from '../records/indexes.ts';
import { wholeName } from '../records/records.ts';
import { secondsOf } from '../show/inspect.ts';
import type { Saved } from './saved.ts';

/** A file of the archive: a document, or a blob by its digest. */
interface ArchiveFile {
  seconds: number;
  size: number;
  document?: Buffer;
  blob?: string;
}

const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** Docker's manifest.json and repositories, the index of an OCI layout, and all they name. */
export function filesOf(blobs: Blobs, images: Saved[]): Map<string, ArchiveFile> {
  const files = new Map<string, ArchiveFile>();
  const put = (name: string, value: unknown): Buffer => {
    const document = Buffer.from(JSON.stringify(value));
    files.set(name, { seconds: 0, size: document.length, document });
    return document;
  };
  const index: Descriptor[] = [];
  const manifest: unknown[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const saved of images) {
    const { id, record, names } = saved;
    const seconds = secondsOf(record.config.created);
    const layers = record.blobs.map((blob) => describeLayer(blobs, blob));
    const kept = keptOf(blobs, saved);
    for (const blob of [id, ...record.blobs, ...(kept?.blobs ?? [])]) {
      files.set(pathOf(blob), { seconds, size: blobs.size(blob), blob });
    }
    index.push(...indexed(kept?.descriptor ?? putManifest(put, { id, size: blobs.size(id), layers }), names));
    manifest.push(listed(saved, layers));
    const top = record.blobs.at(-1)?.replace('sha256:', '');
    for (const name of names) {
      const repository = familiarName(name);
      if (top) repositories[repository] = { ...repositories[repository], [name.tag ?? 'latest']: top };
    }
  }
  put('manifest.json', manifest);
  put('index.json', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: index });
  put('oci-layout', { imageLayoutVersion: '1.0.0' });
  if (Object.keys(repositories).length > 0) put('repositories', repositories);
  return files;
}

/** The list or the manifest that an image came with, and all that is here of it. */
function keptOf(blobs: Blobs, { record, list, entry }: Saved): { descriptor: Descriptor; blobs: string[] } | undefined {
  if (list) {
    const { mediaType, size } = list.record;
    return { descriptor: { mediaType, digest: list.digest, size }, blobs: blobsOfIndex(list.digest, list.record) };
  }
  if (entry) return { descriptor: entry.descriptor, blobs: [entry.descriptor.digest, ...(entry.blobs ?? [])] };
  if (!record.manifest) return undefined;
  const { mediaType, digest } = record.manifest;
  return { descriptor: { mediaType, digest, size: blobs.size(digest) }, blobs: [digest] };
}

/** The manifest of an image that came without one. */
function putManifest(
  put: (name: string, value: unknown) => Buffer,
  { id, size, layers }: { id: string; size: number; layers: Descriptor[] },
): Descriptor {
  const mediaType = mediaTypes.ociManifest;
  const config = { mediaType: mediaTypes.ociConfig, digest: id, size };
  const document = { schemaVersion: 2, mediaType, config, layers };
  const digest = digestOf(Buffer.from(JSON.stringify(document)));
  return { mediaType, digest, size: put(pathOf(digest), document).length };
}

/** An entry of the OCI index for each name. */
function indexed(descriptor: Descriptor, names: Reference[]): Descriptor[] {
  if (names.length === 0) return [descriptor];
  return names.map((name) => ({
    ...descriptor,
    annotations: {
      ...descriptor.annotations,
      'io.containerd.image.name': wholeName(name),
      'org.opencontainers.image.ref.name': name.tag ?? 'latest',
    },
  }));
}

/** An entry of Docker's manifest.json. */
function listed({ id, record, names }: Saved, layers: Descriptor[]): unknown {
  const diffIds = record.config.rootfs.diff_ids;
  return {
    Config: pathOf(id),
    RepoTags: names.length > 0 ? names.map((name) => `${familiarName(name)}:${name.tag ?? 'latest'}`) : null,
    Layers: record.blobs.map(pathOf),
    LayerSources: Object.fromEntries(diffIds.map((diffId, index) => [diffId, layers[index]])),
  };
}

function describeLayer(blobs: Blobs, digest: string): Descriptor {
  const mediaType = `${mediaTypes.ociLayer}${compressionOf(blobs.path(digest))}`;
  return { mediaType, digest, size: blobs.size(digest) };
}
