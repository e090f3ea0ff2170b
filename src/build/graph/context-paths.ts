import { escaped } from '../../api/index.ts';
import { byteString, joined } from '../copy/paths.ts';
import type { Vertex } from './vertex.ts';

/** What steps take of the main context, as byte strings that COPY could have; undefined where that is all of it. */
export function contextPaths(vertices: readonly Vertex[]): string[] | undefined {
  const paths = [...new Set(vertices.flatMap(({ step }) => (step ? pathsOf(step) : [])))].map(byteString);
  return paths.includes('/') ? undefined : paths.toSorted();
}

function pathsOf(step: NonNullable<Vertex['step']>): string[] {
  if (step.kind === 'workdir') return [];
  if (step.kind === 'run') {
    return step.mounts.flatMap((mount) =>
      'from' in mount && mount.from.kind === 'context' ? [escaped(mount.source)] : [],
    );
  }
  if (step.from.kind !== 'context') return [];
  return step.sources.flatMap((source) => {
    if (source.kind !== 'path') return [];
    return source.parents ? [joined(source.path, source.parents.pattern)] : [source.path];
  });
}
