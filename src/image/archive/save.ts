import { createReadStream } from 'node:fs';
import { EngineError } from '../../kit/index.ts';
import {
  type Descriptor,
  digestOf,
  encodeTarHead,
  familiarName,
  parseReference,
  type Reference,
  tarEnd,
  tarPadding,
} from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import { type Context, eventOf, publishAll } from '../context.ts';
import { compressionOf } from '../layers/compression.ts';
import { findImage, type ImageRecord, namesInRepository, requireWhole, wholeName } from '../records/records.ts';
import { secondsOf } from '../show/inspect.ts';

interface Saved {
  id: string;
  record: ImageRecord;
  /** Those that were asked for by name. */
  names: Reference[];
}

/** See Images.save. */
export async function* saveImages(context: Context, references: string[]): AsyncGenerator<Uint8Array> {
  const lease = context.garbage.lease();
  try {
    const images = context.store.view((tx) => imagesFor(tx, references));
    for (const { id, record } of images) {
      requireWhole(id, record);
      for (const blob of [id, ...record.blobs]) lease.hold(`blob:${blob}`);
    }
    yield* archive(context, images);
    publishAll(
      context,
      context.store.view((tx) => images.map(({ id }) => eventOf(tx, 'save', id))),
    );
  } finally {
    await lease.release();
  }
}

/** Each image once, with the names it was asked for by, in the order of the references. */
function imagesFor(tx: Tx, references: string[]): Saved[] {
  const found = new Map<string, Saved>();
  const add = (id: string, name: Reference | undefined): void => {
    const saved = found.get(id) ?? { ...findImage(tx, id), names: [] };
    found.set(id, saved);
    if (name && !saved.names.some((other) => wholeName(other) === wholeName(name))) saved.names.push(name);
  };
  for (const reference of references) {
    const { name, all } = named(tx, reference);
    if (all.length > 0) for (const one of all) add(one.id, one.name);
    else {
      const { id } = findOrRefuse(tx, reference);
      add(id, name?.tag !== undefined && !id.startsWith(reference) ? name : undefined);
    }
  }
  return [...found.values()];
}

function findOrRefuse(tx: Tx, reference: string) {
  try {
    return findImage(tx, reference);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind !== 'notFound') throw new EngineError('internal', error.message, error);
    const isTagged = parseReference(reference).tag !== undefined;
    throw new EngineError('notFound', isTagged ? 'reference does not exist' : `No such image: ${reference}`, error);
  }
}

/** What is no name is the engine's failure (500) here, as in Docker. */
function named(tx: Tx, reference: string): ReturnType<typeof asName> {
  try {
    return asName(tx, reference);
  } catch (error) {
    throw error instanceof EngineError ? new EngineError('internal', error.message, error) : error;
  }
}

/** The name in a reference, and all tags of the repository where it gives none. */
function asName(tx: Tx, reference: string): { name?: Reference; all: { name: Reference; id: string }[] } {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(reference)) return { all: [] };
  const name = parseReference(reference);
  if (name.tag !== undefined || name.digest !== undefined) return { name, all: [] };
  return { name, all: namesInRepository(tx, name).filter((one) => one.name.digest === undefined) };
}

/** A file of the archive: a document, or a blob by its digest. */
interface File {
  seconds: number;
  size: number;
  document?: Buffer;
  blob?: string;
}

async function* archive(context: Context, images: Saved[]): AsyncGenerator<Uint8Array> {
  const { blobs } = context.store;
  const files = filesOf(context, images);
  const newest = Math.max(0, ...images.map(({ record }) => secondsOf(record.config.created)));
  yield Buffer.concat(['blobs/', 'blobs/sha256/'].map((name) => head(name, { seconds: newest, size: 0 })));
  for (const [name, file] of [...files].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    yield head(name, file);
    if (file.document) yield file.document;
    else yield* createReadStream(blobs.path(file.blob ?? ''), { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>;
    yield new Uint8Array(tarPadding(file.size));
  }
  yield tarEnd;
}

function head(name: string, { seconds, size }: { seconds: number; size: number }): Uint8Array {
  const isDirectory = name.endsWith('/');
  return encodeTarHead({
    name,
    type: isDirectory ? '5' : '0',
    mode: isDirectory ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size,
    modified: { seconds, nanoseconds: 0 },
    linkName: '',
    device: [0, 0],
  });
}

const oci = 'application/vnd.oci.image';
const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** Docker's manifest.json and repositories, the index of an OCI layout, and all they name. */
function filesOf(context: Context, images: Saved[]): Map<string, File> {
  const files = new Map<string, File>();
  const put = (name: string, value: unknown): Buffer => {
    const document = Buffer.from(JSON.stringify(value));
    files.set(name, { seconds: 0, size: document.length, document });
    return document;
  };
  const index: Descriptor[] = [];
  const manifest: unknown[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const { id, record, names } of images) {
    const layers = record.blobs.map((blob) => describeLayer(context, blob));
    const seconds = secondsOf(record.config.created);
    for (const blob of [id, ...record.blobs]) {
      files.set(pathOf(blob), { seconds, size: context.store.blobs.size(blob), blob });
    }
    const config = { mediaType: `${oci}.config.v1+json`, digest: id, size: context.store.blobs.size(id) };
    const document = { schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config, layers };
    const digest = digestOf(Buffer.from(JSON.stringify(document)));
    const { length: size } = put(pathOf(digest), document);
    index.push(...indexed({ mediaType: `${oci}.manifest.v1+json`, digest, size }, names));
    manifest.push(listed(id, record, { names, layers }));
    const top = record.blobs.at(-1)?.replace('sha256:', '');
    for (const name of names) {
      const repository = familiarName(name);
      if (top) repositories[repository] = { ...repositories[repository], [name.tag ?? 'latest']: top };
    }
  }
  put('manifest.json', manifest);
  put('index.json', { schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests: index });
  put('oci-layout', { imageLayoutVersion: '1.0.0' });
  if (Object.keys(repositories).length > 0) put('repositories', repositories);
  return files;
}

/** An entry of the OCI index for each name. */
function indexed(descriptor: Descriptor, names: Reference[]): Descriptor[] {
  if (names.length === 0) return [descriptor];
  return names.map((name) => ({
    ...descriptor,
    annotations: {
      'io.containerd.image.name': wholeName(name),
      'org.opencontainers.image.ref.name': name.tag ?? 'latest',
    },
  }));
}

/** An entry of Docker's manifest.json. */
function listed(
  id: string,
  record: ImageRecord,
  { names, layers }: { names: Reference[]; layers: Descriptor[] },
): unknown {
  const diffIds = record.config.rootfs.diff_ids;
  return {
    Config: pathOf(id),
    RepoTags: names.length > 0 ? names.map((name) => `${familiarName(name)}:${name.tag ?? 'latest'}`) : null,
    Layers: record.blobs.map(pathOf),
    LayerSources: Object.fromEntries(diffIds.map((diffId, index) => [diffId, layers[index]])),
  };
}

function describeLayer({ store }: Context, digest: string): Descriptor {
  const compression = compressionOf(store.blobs.path(digest));
  return { mediaType: `${oci}.layer.v1.tar${compression}`, digest, size: store.blobs.size(digest) };
}
