import { EngineError } from '../../kit/index.ts';
import { connectionFailure } from '../session/failure.ts';

/** How long a connection may be silent in the midst of a body. */
const silence = 60_000;

/** The body as it arrives; a connection that has become silent is given up. */
export async function* bounded(url: string, answer: Response, stall: AbortController): AsyncGenerator<Uint8Array> {
  if (!answer.body) return;
  const reader = answer.body.getReader();
  let timer: Timer | undefined;
  try {
    for (;;) {
      timer = setTimeout(() => stall.abort(new DOMException('timed out', 'TimeoutError')), silence);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw connectionFailure('Get', url, stall.signal.aborted ? stall.signal.reason : error);
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
}

/** A whole body that must not be longer than `most`. */
export async function bytesOf(answer: Response, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.body ?? []) {
    size += piece.length;
    if (size > most) throw new EngineError('internal', `the registry's answer is longer than ${most} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
