import { setTimeout } from 'node:timers/promises';
import type { Descriptor } from '../../oci/index.ts';
import type { Repository } from '../../registry/index.ts';
import type { Blobs, Incoming } from '../../store/index.ts';
import { type DownloadStep, download } from './download.ts';
import { createSlots } from './slots.ts';

/** How many transfers go on at once, and how often one is tried. */
export interface TransferLimits {
  downloads: number;
  uploads: number;
  attempts: number;
}

/** Docker's. */
export const usualLimits: TransferLimits = { downloads: 3, uploads: 5, attempts: 5 };

/** Blobs under way; who asks for one that is, shares it. */
export interface Downloads {
  /** Brings a blob into the store; idempotent. Ends early for this caller when the signal aborts, for all with the last of them. */
  fetch(request: FetchRequest): Fetching;
}

export interface FetchRequest {
  repository: Repository;
  blob: Pick<Descriptor, 'digest' | 'size'>;
  signal: AbortSignal;
  tell: (step: DownloadStep) => void;
}

export interface Fetching {
  /** The blob is in the store. */
  done: Promise<void>;
  /** Its bytes from the first, while they arrive; undefined when they must be read from the store after `done`. */
  arriving: Promise<AsyncIterable<Uint8Array> | undefined>;
}

interface Transfer {
  done: Promise<void>;
  opened: Promise<Incoming | undefined>;
  listeners: Set<FetchRequest['tell']>;
  last?: DownloadStep;
  abort: AbortController;
  users: number;
}

export function createDownloads(options: {
  blobs: Blobs;
  limits: () => TransferLimits;
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}): Downloads {
  const { blobs, limits, pause = (ms, signal) => setTimeout(ms, undefined, { signal }) } = options;
  const slots = createSlots(() => limits().downloads);
  const running = new Map<string, Transfer>();

  function begin({ repository, blob }: FetchRequest): Transfer {
    const abort = new AbortController();
    const { signal } = abort;
    const opened = Promise.withResolvers<Incoming | undefined>();
    const transfer: Transfer = {
      opened: opened.promise,
      listeners: new Set(),
      abort,
      users: 0,
      done: Promise.resolve(),
    };
    const tell = (step: DownloadStep) => {
      transfer.last = step;
      for (const listener of transfer.listeners) listener(step);
    };
    // Only what is new in this life can be read before it is known to be right.
    const onOpen = (incoming: Incoming) => opened.resolve(incoming.resumed === 0 ? incoming : undefined);
    const work = () => download(blobs, { repository, blob, signal, tell, attempts: limits().attempts, pause }, onOpen);
    running.set(blob.digest, transfer);
    transfer.done = slots.run(work, { signal, onWait: () => tell({ step: 'waiting' }) }).finally(() => {
      running.delete(blob.digest);
      opened.resolve(undefined);
    });
    // Those who asked have perhaps all left.
    transfer.done.catch(() => undefined);
    return transfer;
  }

  function join(request: FetchRequest): { transfer: Transfer; isMine: boolean } {
    const there = running.get(request.blob.digest);
    return there ? { transfer: there, isMine: false } : { transfer: begin(request), isMine: true };
  }

  return {
    fetch(request) {
      const { digest } = request.blob;
      if (blobs.has(digest)) return { done: Promise.resolve(), arriving: Promise.resolve(undefined) };
      const { transfer, isMine } = join(request);
      const done = take(transfer, request).catch(async (error: unknown) => {
        // Another's download may fail for reasons of its own, such as who it was that asked.
        if (isMine || request.signal.aborted || blobs.has(digest)) throw error;
        await take(join(request).transfer, request);
      });
      const arriving = transfer.opened.then((incoming) => (isMine ? incoming?.follow() : undefined));
      return { done, arriving };
    },
  };
}

/** Waits for a transfer as one of those who want it; the last to leave ends it, and is back once nothing of it goes on. */
async function take(transfer: Transfer, { signal, tell }: FetchRequest): Promise<void> {
  signal.throwIfAborted();
  transfer.users++;
  transfer.listeners.add(tell);
  if (transfer.last) tell(transfer.last);
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal.reason as Error);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([transfer.done, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    transfer.listeners.delete(tell);
    if (--transfer.users === 0) {
      transfer.abort.abort(signal.reason);
      await transfer.done.catch(() => undefined);
    }
  }
}
