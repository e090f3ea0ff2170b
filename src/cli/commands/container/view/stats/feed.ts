import type { ContainerStatsResponse } from '../../../../../api/index.ts';
import type { Client, Reply } from '../../../../../client/index.ts';
import { readLines } from '../../../../stdio/lines.ts';

/** The readings of one container as they come in. */
export interface Feed {
  /** The name or id it was asked for by. */
  readonly asked: string;
  /** The newest reading. */
  reading: ContainerStatsResponse | undefined;
  /** False while nothing new came for two seconds, or after the end. */
  isValid: boolean;
  /** Resolves with the first reading, the first failure, or after two seconds of silence. */
  readonly first: Promise<void>;
  /** What went wrong. */
  error: unknown;
  stop(): void;
}

const patience = 2000;

/** Begins to read: once, or until it is stopped. */
export function startFeed(client: Client, asked: string, isLive: boolean): Feed {
  const started = Promise.withResolvers<void>();
  let reply: Reply | undefined;
  const feed: Feed = {
    asked,
    reading: undefined,
    isValid: false,
    first: started.promise,
    error: undefined,
    stop: () => reply?.close(),
  };
  const silence = () => {
    feed.isValid = false;
    started.resolve();
  };
  let timer = setTimeout(silence, patience);
  const read = async () => {
    const path = `/containers/${encodeURIComponent(asked)}/stats`;
    reply = await client.request({ method: 'GET', path, query: { stream: isLive ? '1' : '0' } });
    for await (const line of readLines(reply.body)) {
      clearTimeout(timer);
      timer = setTimeout(silence, patience);
      feed.reading = JSON.parse(line) as ContainerStatsResponse;
      feed.isValid = true;
      started.resolve();
      if (!isLive) break;
    }
  };
  const end = (error?: unknown) => {
    clearTimeout(timer);
    feed.error = error;
    if (isLive || error) feed.isValid = false;
    started.resolve();
  };
  read().then(() => end(), end);
  return feed;
}
