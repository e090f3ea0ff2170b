import { createHash } from 'node:crypto';
import { createWriteStream, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EngineError, explainSystemError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { FileSource } from '../language/index.ts';
import type { Progress } from '../progress.ts';
import { scratchFiles } from './context-tar.ts';
import type { Fetched } from './fetched.ts';

type HttpSource = Extract<FileSource, { kind: 'http' }>;

/** Downloads what ADD names by a URL: mode 0600, its time what the server says. */
export function httpOrigin(
  context: Context,
  source: HttpSource,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<Fetched> {
  const vertex = { digest: digestOfParts(['http', source]), name: source.url };
  return progress.during(vertex, async (task) => {
    const files = scratchFiles(join(context.directory, 'contexts'));
    try {
      const name = source.filename === '' ? 'download' : source.filename;
      const got = await download(source.url, join(files.path, name), {
        signal,
        onBytes: (current, total) => task.part('downloading', { current, total, done: false }),
      });
      if (source.checksum !== undefined && source.checksum !== got.digest) {
        throw new EngineError('invalid', `digest mismatch ${got.digest}: ${source.checksum}`);
      }
      return { files, path: name, name, key: `${got.digest} ${got.modified}` };
    } catch (error) {
      files.close();
      throw error;
    }
  });
}

async function download(
  url: string,
  path: string,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (current: number, total: number) => void },
): Promise<{ digest: string; modified: number }> {
  const response = await fetch(url, { signal, redirect: 'follow' }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new EngineError(
      'unavailable',
      `failed to load cache key: Get ${JSON.stringify(url)}: ${messageOf(error)}`,
      error,
    );
  });
  if (!response.ok || !response.body) {
    throw new EngineError('invalid', `failed to load cache key: invalid response status ${response.status}`);
  }
  const hash = createHash('sha256');
  const total = Number(response.headers.get('content-length') ?? 0);
  const { body } = response;
  async function* counted() {
    let current = 0;
    for await (const piece of body) {
      hash.update(piece);
      current += piece.length;
      onBytes(current, total);
      yield piece;
    }
  }
  // A disk that is full ends the download, and nothing else.
  await pipeline(counted, createWriteStream(path, { flags: 'wx', mode: 0o600 })).catch((error: unknown) => {
    throw explainSystemError(error, path);
  });
  const said = Date.parse(response.headers.get('last-modified') ?? '');
  const modified = Number.isNaN(said) ? 0 : said / 1000;
  utimesSync(path, modified, modified);
  return { digest: `sha256:${hash.digest('hex')}`, modified };
}
