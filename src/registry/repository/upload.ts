import type { Upload } from '../contract.ts';
import type { Session } from '../session/session.ts';

/** Long enough for any upload: what is stuck is noticed by its bytes, not by its answer. */
const patience = 24 * 3600_000;

/** An upload that the registry has begun at `location`, which changes with each answer. */
export function createUpload(session: Session, location: string): Upload {
  let at = location;
  const headers = { 'Content-Type': 'application/octet-stream' };
  return {
    async send(bytes) {
      const answer = await session.request(at, {
        method: 'PATCH',
        headers,
        body: () => bytes as unknown as ReadableStream,
        once: true,
        patience,
      });
      await answer.body?.cancel();
      at = new URL(answer.headers.get('location') ?? at, at).href;
    },
    async finish(digest) {
      const url = new URL(at);
      url.searchParams.append('digest', digest);
      const answer = await session.request(url.href, { method: 'PUT', headers, once: true, patience });
      await answer.body?.cancel();
    },
    async cancel() {
      const answer = await session.request(at, { method: 'DELETE', accept: [404, 405], once: true });
      await answer.body?.cancel();
    },
  };
}
