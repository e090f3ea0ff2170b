import type { Body, Exchange } from './http/index.ts';

/** A form that is longer is no form of a client of this API, but an upload whose sender did not name its type. */
const longestForm = 64 * 1024;

/**
 * The values that a request carries as a form in its body (`curl -d t=5 …/stop`), as text; empty when there is no form. The
 * body can be read again by who wants it as something else.
 */
export async function readForm({ head, body }: Exchange): Promise<{ form: string; body: Body }> {
  const type = (head.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  const isForm = type === 'application/x-www-form-urlencoded' && ['POST', 'PUT', 'PATCH'].includes(head.method);
  if (!isForm || body.length === undefined || body.length > longestForm) return { form: '', body };
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  return { form: bytes.toString('latin1'), body: bufferedBody(bytes) };
}

/** A body that was read already, to be read again. */
export function bufferedBody(bytes: Buffer): Body {
  async function* read(): AsyncGenerator<Buffer> {
    if (bytes.length > 0) yield bytes;
  }
  return { length: bytes.length, finished: true, untouched: false, [Symbol.asyncIterator]: read };
}
