import type { Vertex } from '../graph/vertex.ts';
import type { EvaluatedStage } from '../language/index.ts';
import type { Build } from './build.ts';
import type { Result } from './result.ts';

/** What a build has come to for one platform. */
export interface Built {
  build: Build;
  stage: EvaluatedStage;
  result: Result;
  /** What a vertex does, alike on every machine. */
  keyOf(vertex: Vertex): Promise<string>;
}
