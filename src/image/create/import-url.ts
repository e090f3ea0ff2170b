import type { JSONMessage } from '../../api/index.ts';
import type { Registry, UrlBody } from '../../registry/index.ts';
import type { Context } from '../context.ts';
import type { Images } from '../contract.ts';
import { createBar } from '../progress.ts';
import { importOpened } from './import.ts';

/** See Images.importUrl. */
export function importUrl(
  context: Context,
  registry: Registry,
  url: string,
  options: Parameters<Images['importUrl']>[1],
): AsyncIterable<JSONMessage> {
  return importOpened(
    context,
    async (emit) => {
      const body = await registry.open(url, { signal: options.signal });
      emit({ status: `Downloading from ${body.url}` });
      return { tar: counted(body, emit), source: body.url };
    },
    options,
  );
}

async function* counted({ bytes, size }: UrlBody, emit: (message: JSONMessage) => void): AsyncGenerator<Uint8Array> {
  const say = (status: string, current: number) =>
    emit({ status, progressDetail: { current, total: size ?? -1 } } as JSONMessage);
  const bar = createBar((status, { current }) => say(status, current), size ?? Number.POSITIVE_INFINITY);
  let current = 0;
  for await (const piece of bytes) {
    current += piece.length;
    bar('Importing', current);
    yield piece;
  }
  if (size === undefined) say('Importing', current);
}
