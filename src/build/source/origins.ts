import type { Context } from '../context.ts';
import type { BuildRequest } from '../contract.ts';
import type { Origin } from '../copy/copy-step.ts';
import type { FileSource } from '../language/index.ts';
import type { Progress, Task } from '../progress.ts';
import type { Fetched } from './fetched.ts';
import { gitOrigin } from './git.ts';
import { httpOrigin } from './http.ts';
import { createImageSource, type ImageSource } from './images.ts';

/** Where things come from that are neither in the context nor built: images, downloads, repositories. */
export interface Origins extends ImageSource {
  /** What says whether it is still the same. */
  key(source: Exclude<FileSource, { kind: 'path' }>): Promise<string>;
  files(source: Exclude<FileSource, { kind: 'path' }>, options: { unpack: boolean; task: Task }): Promise<Origin>;
  close(): void;
}

export function createOrigins(
  context: Context,
  { request, progress, signal }: { request: BuildRequest; progress: Progress; signal: AbortSignal },
): Origins {
  const fetched = new Map<string, Promise<Fetched>>();
  const fetch = (source: Exclude<FileSource, { kind: 'path' }>): Promise<Fetched> => {
    const name = JSON.stringify(source);
    const known = fetched.get(name);
    if (known) return known;
    const work =
      source.kind === 'http'
        ? httpOrigin(context, source, { progress, signal })
        : gitOrigin(context, source, { progress, signal, secret: request.secret, ssh: request.ssh });
    fetched.set(name, work);
    work.catch(() => undefined);
    return work;
  };
  return {
    ...createImageSource(context, { request, progress, signal }),
    key: async (source) => (await fetch(source)).key,
    async files(source, { unpack }) {
      const { files, path, name } = await fetch(source);
      return { root: files.root, path, unpack, ...(name !== undefined && { name }) };
    },
    close() {
      for (const work of fetched.values())
        void work.then(
          ({ files }) => files.close(),
          () => undefined,
        );
    },
  };
}
