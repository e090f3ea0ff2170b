import type { BuildStatus, BuildVertex } from '../api/index.ts';
import { messageOf } from '../kit/index.ts';

/** A vertex as progress tells of it. */
export interface Told {
  digest: string;
  name: string;
  inputs?: string[];
}

/** Tells whoever asked for a build how it goes. */
export interface Progress {
  /** What is to be done, all at once, before it begins. */
  announce(vertices: Told[]): void;
  /** Tells of the work while it is done; what it throws is its error. */
  during<T>(vertex: Told, work: (task: Task) => Promise<T>): Promise<T>;
  /** It was there already. */
  cached(vertex: Told): void;
  /** Whether its end has been told. */
  isOver(digest: string): boolean;
}

export interface Task {
  log(stream: 1 | 2, bytes: Uint8Array): void;
  /** A part of it, with how far it has come; `done` ends it. */
  part(id: string, progress?: { name?: string; current: number; total?: number; done?: boolean }): void;
}

const now = (): string => new Date().toISOString();

export function createProgress(emit: (status: BuildStatus) => void): Progress {
  const over = new Set<string>();
  const tell = (vertex: BuildVertex): void => emit({ vertexes: [vertex] });

  function taskOf(vertex: string): Task {
    const begun = new Map<string, string>();
    return {
      log: (stream, bytes) =>
        emit({ logs: [{ vertex, stream, data: Buffer.from(bytes).toString('base64'), timestamp: now() }] }),
      part(id, { name, current, total, done = true } = { current: 0 }) {
        const timestamp = now();
        const started = begun.get(id) ?? timestamp;
        begun.set(id, started);
        const counts = { current, ...(total !== undefined && { total }), ...(name !== undefined && { name }) };
        emit({ statuses: [{ id, vertex, ...counts, timestamp, started, ...(done && { completed: timestamp }) }] });
      },
    };
  }

  return {
    announce: (vertices) =>
      emit({
        vertexes: vertices.map(({ digest, name, inputs }) => ({ digest, name, ...(inputs?.length && { inputs }) })),
      }),
    async during({ digest, name, inputs }, work) {
      const started = now();
      const head = { digest, name, ...(inputs?.length && { inputs }), started };
      tell(head);
      try {
        const result = await work(taskOf(digest));
        tell({ ...head, completed: now() });
        return result;
      } catch (error) {
        tell({ ...head, completed: now(), error: messageOf(error) });
        throw error;
      } finally {
        over.add(digest);
      }
    },
    cached({ digest, name, inputs }) {
      if (over.has(digest)) return;
      over.add(digest);
      const at = now();
      tell({ digest, name, ...(inputs?.length && { inputs }), started: at, completed: at, cached: true });
    },
    isOver: (digest) => over.has(digest),
  };
}
