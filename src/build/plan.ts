import type { PlannedStep } from './contract.ts';
import type { Graph } from './graph/vertex.ts';
import type { Dockerfile, Evaluation } from './language/index.ts';

/** The instructions that a build comes by, as the file has them, with the work that each stands for. */
export function planOf(dockerfile: Dockerfile, evaluation: Evaluation, graph: Graph): PlannedStep[] {
  const steps: PlannedStep[] = dockerfile.metaArgs.map(({ code }) => ({ text: code }));
  const work = new Map(
    graph.all.flatMap((vertex) => (vertex.step ? [[vertex.step.instruction, vertex.digest]] : [])) as [
      object,
      string,
    ][],
  );
  for (const stage of evaluation.stages) {
    const written = dockerfile.stages[stage.id];
    if (!written) continue;
    const base = graph.all.find((vertex) => vertex.stage === stage && !vertex.step);
    steps.push({ text: written.from.code, ...(base && base.name !== 'scratch' && { vertex: base.digest }) });
    for (const instruction of written.instructions) {
      const vertex = work.get(instruction);
      steps.push({ text: instruction.code, ...(vertex !== undefined && { vertex }) });
    }
  }
  return steps;
}
