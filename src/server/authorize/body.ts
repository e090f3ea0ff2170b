import { EngineError } from '../../kit/index.ts';
import { bufferedBody } from '../form.ts';
import type { Body, Exchange } from '../http/index.ts';

/** As much as Docker shows a plugin. */
const most = 1 << 20;

/** What comes here is no JSON, whatever it says it is, but files or an input that goes on; or, for `auth`, a password. */
const unseen = /^\/(build|images\/load|images\/create|session|grpc|auth)$|^\/containers\/.*\/(archive|attach)$/s;

/**
 * The body of a request to `path` (without its version), read so that a plugin can judge it, and again for the route. All is shown
 * that a route could read as JSON, whatever type it claims. One that is too long to be shown is refused, since a plugin that sees
 * nothing would find nothing wrong.
 */
export async function shownBody({ body }: Exchange, path: string): Promise<{ body: Body; shown?: Buffer }> {
  if (unseen.test(path) || body.length === 0) return { body };
  const pieces: Buffer[] = [];
  let length = body.length ?? 0;
  if (length <= most) {
    length = 0;
    for await (const piece of wellFormed(body)) {
      length += piece.length;
      if (length > most) break;
      pieces.push(piece);
    }
  }
  if (length > most) {
    throw new EngineError(
      'forbidden',
      `authorization denied: the request's body is larger than the ${most} bytes that a plugin is shown`,
    );
  }
  const shown = Buffer.concat(pieces);
  return { body: bufferedBody(shown), ...(shown.length > 0 && { shown }) };
}

async function* wellFormed(body: Body): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw new EngineError('invalid', error instanceof Error ? error.message : String(error), error);
  }
}
