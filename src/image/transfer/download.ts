import { EngineError } from '../../kit/index.ts';
import type { Descriptor } from '../../oci/index.ts';
import { isTemporary, type Repository } from '../../registry/index.ts';
import type { Blobs, Incoming } from '../../store/index.ts';

/** What happens to a blob on its way, in this order; `downloading` may go back to less after `retrying`. */
export type DownloadStep =
  | { step: 'waiting' }
  | { step: 'downloading'; current: number }
  | { step: 'retrying'; seconds: number }
  | { step: 'verifying' }
  | { step: 'complete' };

export interface Download {
  repository: Repository;
  blob: Pick<Descriptor, 'digest' | 'size'>;
  signal: AbortSignal;
  tell: (step: DownloadStep) => void;
  /** How often a broken download is gone on with. */
  attempts: number;
  /** Waits so many ms; rejects when the signal aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Brings a blob into the store; what an earlier attempt had left is gone on with. `onOpen` is handed the bytes as they come. */
export async function download(blobs: Blobs, options: Download, onOpen: (incoming: Incoming) => void): Promise<void> {
  const first = await blobs.receive(options.blob.digest);
  onOpen(first);
  const { resumed } = first;
  try {
    await receive(first, options);
  } catch (error) {
    // What an earlier life had left may be damaged: then all of it is asked for.
    if (resumed === 0 || !isMismatch(error)) throw error;
    await receive(await blobs.receive(options.blob.digest), options);
  }
}

async function receive(incoming: Incoming, options: Download): Promise<void> {
  const { blob, tell } = options;
  try {
    await fill(incoming, options);
    tell({ step: 'verifying' });
  } catch (error) {
    await incoming.close(error as Error);
    throw error;
  }
  try {
    await incoming.finish();
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'invalid') throw mismatch(blob.digest, error);
    throw error;
  }
  tell({ step: 'complete' });
}

/** Fetches until all bytes are there; after a failure that may pass, from where it broke. */
async function fill(incoming: Incoming, options: Download): Promise<void> {
  const { blob, signal, attempts } = options;
  for (let attempt = 1; ; attempt++) {
    const before = incoming.size;
    try {
      if (incoming.size < blob.size || (blob.size === 0 && attempt === 1)) await fetchRest(incoming, options);
      if (incoming.size > blob.size) throw mismatch(blob.digest);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (incoming.size > before) attempt = 1;
      if (attempt >= attempts || !isTemporary(error)) throw error;
      await countDown(attempt * 5, options);
    }
  }
}

async function fetchRest(incoming: Incoming, { repository, blob, signal, tell }: Download): Promise<void> {
  const from = incoming.size;
  const answer = await repository.blob(blob.digest, { offset: from, signal });
  if (answer.size !== undefined && answer.size !== blob.size) throw mismatch(blob.digest);
  if (answer.offset > from) throw mismatch(blob.digest);
  let skip = from - answer.offset;
  for await (const bytes of answer.bytes) {
    const fresh = skip === 0 ? bytes : bytes.subarray(skip);
    skip -= bytes.length - fresh.length;
    if (fresh.length === 0) continue;
    if (incoming.size + fresh.length > blob.size) throw mismatch(blob.digest);
    await incoming.write(fresh);
    tell({ step: 'downloading', current: incoming.size });
  }
  if (incoming.size < blob.size) throw new EngineError('internal', 'unexpected EOF', { code: 'Truncated' });
}

async function countDown(seconds: number, { tell, pause, signal }: Download): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    tell({ step: 'retrying', seconds: left });
    await pause(1000, signal);
  }
}

interface Mismatch {
  mismatch: true;
}

function mismatch(digest: string, cause?: unknown): EngineError {
  const marked: Mismatch & { cause?: unknown } = { mismatch: true, ...(cause !== undefined && { cause }) };
  return new EngineError('internal', `filesystem layer verification failed for digest ${digest}`, marked);
}

function isMismatch(error: unknown): boolean {
  return error instanceof EngineError && (error.cause as Partial<Mismatch> | undefined)?.mismatch === true;
}
