import { EngineError } from '../../kit/index.ts';
import { digestOf, mediaTypes } from '../../oci/index.ts';
import type { BlobBody, FetchedManifest, Repository } from '../contract.ts';
import { bounded, bytesOf } from '../http/body.ts';
import type { Session } from '../session/session.ts';
import { createUpload } from './upload.ts';

const manifestMost = 4 << 20;
const wanted = [
  mediaTypes.dockerManifest,
  mediaTypes.dockerIndex,
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/json',
].join(', ');

/** The repository whose URL (`https://host/v2/name`) is `base`. */
export function createRepository(base: string, session: Session): Repository {
  return {
    manifest: (reference) => fetchManifest(session, base, reference),
    async tags() {
      const tags: string[] = [];
      let next: string | undefined = `${base}/tags/list`;
      while (next !== undefined) {
        const answer: Response = await session.request(next);
        const { tags: some } = JSON.parse(await textOf(answer)) as { tags?: string[] | null };
        tags.push(...(some ?? []));
        const link = /<([^>]*)>;\s*rel="?next"?/.exec(answer.headers.get('link') ?? '')?.[1];
        next = link === undefined ? undefined : new URL(link, next).href;
      }
      return tags;
    },
    blob: (digest, options) => fetchBlob(session, `${base}/blobs/${digest}`, options),
    async blobSize(digest) {
      const answer = await session.request(`${base}/blobs/${digest}`, { method: 'HEAD', accept: [404] });
      return answer.status === 404 ? undefined : Number(answer.headers.get('content-length'));
    },
    async upload(mount) {
      const query = mount ? `?${new URLSearchParams({ mount: mount.digest, from: mount.from })}` : '';
      const answer = await session.request(`${base}/blobs/uploads/${query}`, {
        method: 'POST',
        ...(mount && { scope: `repository:${mount.from}:pull` }),
      });
      await answer.body?.cancel();
      if (answer.status === 201 && mount) return undefined;
      const location = answer.headers.get('location');
      if (answer.status !== 202 || location === null) {
        throw new EngineError('internal', `received unexpected HTTP status: ${answer.status}`);
      }
      return createUpload(session, new URL(location, base).href);
    },
    async putManifest(reference, { mediaType, bytes }) {
      const answer = await session.request(`${base}/manifests/${reference}`, {
        method: 'PUT',
        headers: { 'Content-Type': mediaType },
        body: () => bytes,
      });
      await answer.body?.cancel();
    },
  };
}

async function fetchManifest(session: Session, base: string, reference: string): Promise<FetchedManifest> {
  const answer = await session.request(`${base}/manifests/${reference}`, { headers: { Accept: wanted } });
  const bytes = await bytesOf(answer, manifestMost);
  const digest = digestOf(bytes);
  if (reference.includes(':') && digest !== reference) {
    throw new EngineError('internal', `manifest verification failed for digest ${reference}`);
  }
  return { mediaType: (answer.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '', digest, bytes };
}

async function fetchBlob(
  session: Session,
  url: string,
  { offset, signal }: { offset: number; signal: AbortSignal },
): Promise<BlobBody> {
  const stall = new AbortController();
  const answer = await session.request(url, {
    accept: [404],
    signal: AbortSignal.any([signal, stall.signal]),
    ...(offset > 0 && { headers: { Range: `bytes=${offset}-` } }),
  });
  if (answer.status === 404) {
    await answer.body?.cancel();
    throw new EngineError('notFound', 'unknown blob');
  }
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '');
  const isPart = answer.status === 206 && range !== null;
  const length = answer.headers.get('content-length');
  const size = isPart ? Number(range[2]) : length === null ? undefined : Number(length);
  return {
    offset: isPart ? Number(range[1]) : 0,
    ...(size !== undefined && { size }),
    bytes: bounded(url, answer, stall),
  };
}

async function textOf(answer: Response): Promise<string> {
  return Buffer.from(await bytesOf(answer, manifestMost)).toString();
}
