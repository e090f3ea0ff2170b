import type { SessionEntry } from '../../../api/index.ts';
import type { LocalEntry } from '../../../build/index.ts';

const kinds = { f: 'file', d: 'directory', l: 'symlink' } as const;

/** Questions to the client by name, each answered once. */
export function createAnswers<T>() {
  const waiting = new Map<string, PromiseWithResolvers<T>>();
  return {
    wait(name: string): Promise<T> {
      const known = waiting.get(name) ?? Promise.withResolvers<T>();
      waiting.set(name, known);
      return known.promise;
    },
    answer(name: string, value: T): void {
      waiting.get(name)?.resolve(value);
    },
    fail(error: Error): void {
      for (const { promise, reject } of waiting.values()) {
        promise.catch(() => undefined);
        reject(error);
      }
    },
  };
}

/** A list of files that comes in parts. */
export interface Listing {
  whole: Promise<LocalEntry[]>;
  add(entries: SessionEntry[], last: boolean): void;
  fail(error: Error): void;
}

export function createListing(): Listing {
  const { promise, resolve, reject } = Promise.withResolvers<LocalEntry[]>();
  promise.catch(() => undefined);
  const all: LocalEntry[] = [];
  return {
    whole: promise,
    fail: reject,
    add(entries, last) {
      for (const [path, kind, mode, size, seconds, nanoseconds, link] of entries) {
        const modified = { seconds, nanoseconds };
        all.push({ path, kind: kinds[kind], mode, size, modified, ...(link !== undefined && { link }) });
      }
      if (last) resolve(all);
    },
  };
}
