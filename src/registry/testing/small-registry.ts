import { randomBytes } from 'node:crypto';
import { type Descriptor, digestOf, mediaTypes } from '../../oci/index.ts';

/** What a test may do to a request before the registry answers it. */
export type Fault = (request: Request, url: URL) => Response | undefined | Promise<Response | undefined>;

/** A registry in memory on this machine, over HTTP. */
export interface SmallRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** `METHOD path`, with the range where one was asked for. */
  readonly asked: string[];
  readonly blobs: Map<string, Uint8Array>;
  /** By `repository:tag` and `repository@digest`. */
  readonly manifests: Map<string, { mediaType: string; bytes: Uint8Array }>;
  fault: Fault | undefined;
  blob(bytes: Uint8Array | string, mediaType: string): Descriptor;
  /** An image of these layers (plain tars, `packed` as they are to travel) under a name. */
  image(name: string, layers: { tar: Uint8Array; packed?: Uint8Array; mediaType?: string }[], config?: object): string;
  manifest(name: string, document: object): Descriptor;
  close(): Promise<void>;
}

export function startSmallRegistry(): SmallRegistry {
  const blobs: SmallRegistry['blobs'] = new Map();
  const manifests: SmallRegistry['manifests'] = new Map();
  const asked: string[] = [];
  const uploads = new Map<string, Uint8Array>();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const url = new URL(request.url);
      const range = request.headers.get('range');
      asked.push(`${request.method} ${url.pathname}${range === null ? '' : ` ${range}`}`);
      const fault = await registry.fault?.(request, url);
      return fault ?? answer({ blobs, manifests, uploads }, request, url);
    },
  });
  const registry: SmallRegistry = {
    host: `127.0.0.1:${server.port}`,
    asked,
    blobs,
    manifests,
    fault: undefined,
    blob(content, mediaType) {
      const bytes = Buffer.from(content);
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return { mediaType, digest, size: bytes.length };
    },
    manifest(name, document) {
      const bytes = Buffer.from(JSON.stringify(document));
      const { mediaType } = document as { mediaType: string };
      const digest = digestOf(bytes);
      manifests.set(name, { mediaType, bytes });
      manifests.set(`${name.split(':')[0]}@${digest}`, { mediaType, bytes });
      return { mediaType, digest, size: bytes.length };
    },
    image(name, layers, more = {}) {
      const described = layers.map(({ tar, packed = tar, mediaType = mediaTypes.ociLayer }) =>
        registry.blob(packed, mediaType),
      );
      const rootfs = { type: 'layers', diff_ids: layers.map(({ tar }) => digestOf(tar)) };
      const text = JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs, ...more });
      const config = registry.blob(text, mediaTypes.ociConfig);
      const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: described };
      return registry.manifest(name, document).digest;
    },
    close: () => server.stop(true),
  };
  return registry;
}

/** An error as registries tell it. */
export function refusedWith(
  status: number,
  code: string,
  message = '',
  headers: Record<string, string> = {},
): Response {
  return Response.json({ errors: [{ code, message, detail: {} }] }, { status, headers });
}

interface Content {
  blobs: SmallRegistry['blobs'];
  manifests: SmallRegistry['manifests'];
  uploads: Map<string, Uint8Array>;
}

function answer(content: Content, request: Request, url: URL): Response | Promise<Response> {
  if (url.pathname === '/v2/') return Response.json({});
  const [, name = '', kind = '', rest = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(url.pathname) ?? [];
  if (kind === 'tags') return tagList(content, name);
  if (kind === 'manifests') return manifest(content, request, { name, reference: rest });
  if (rest.startsWith('uploads/')) return upload(content, request, url);
  return blob(content, request, rest);
}

function tagList({ manifests }: Content, name: string): Response {
  const own = [...manifests.keys()].filter((key) => key.startsWith(`${name}:`));
  return Response.json({ name, tags: own.map((key) => key.slice(name.length + 1)) });
}

async function manifest(
  { manifests }: Content,
  request: Request,
  { name, reference }: { name: string; reference: string },
): Promise<Response> {
  if (request.method === 'PUT') {
    const bytes = new Uint8Array(await request.arrayBuffer());
    const found = { mediaType: request.headers.get('content-type') ?? '', bytes };
    if (!reference.includes(':')) manifests.set(`${name}:${reference}`, found);
    manifests.set(`${name}@${digestOf(bytes)}`, found);
    return new Response(null, { status: 201 });
  }
  const found = manifests.get(`${name}${reference.includes(':') ? '@' : ':'}${reference}`);
  if (!found) return refusedWith(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  return new Response(Buffer.from(found.bytes), { headers: { 'Content-Type': found.mediaType } });
}

function blob({ blobs }: Content, request: Request, digest: string): Response {
  const bytes = blobs.get(digest);
  if (!bytes) return refusedWith(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  const from = /^bytes=(\d+)-$/.exec(request.headers.get('range') ?? '')?.[1];
  const headers = { 'Content-Type': 'application/octet-stream' };
  if (from === undefined) return new Response(Buffer.from(bytes), { headers });
  const part = Buffer.from(bytes.subarray(Number(from)));
  const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  return new Response(part, { status: 206, headers: { ...headers, 'Content-Range': range } });
}

async function upload({ blobs, uploads }: Content, request: Request, url: URL): Promise<Response> {
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount');
    if (mount && blobs.has(mount)) return new Response(null, { status: 201 });
    const path = `${url.pathname}${randomBytes(4).toString('hex')}`;
    uploads.set(path, new Uint8Array(0));
    return new Response(null, { status: 202, headers: { Location: path } });
  }
  const before = uploads.get(url.pathname) ?? new Uint8Array(0);
  const bytes = Buffer.concat([before, new Uint8Array(await request.arrayBuffer())]);
  uploads.set(url.pathname, bytes);
  if (request.method === 'PATCH') return new Response(null, { status: 202, headers: { Location: url.pathname } });
  uploads.delete(url.pathname);
  if (request.method === 'DELETE') return new Response(null, { status: 204 });
  const digest = url.searchParams.get('digest') ?? '';
  if (digestOf(bytes) !== digest) return refusedWith(400, 'DIGEST_INVALID');
  blobs.set(digest, bytes);
  return new Response(null, { status: 201 });
}
