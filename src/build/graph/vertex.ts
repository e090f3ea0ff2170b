import { createHash } from 'node:crypto';
import type { EvaluatedStage, Evaluation, Mount, Source, Step } from '../language/index.ts';

/** A piece of work with what goes into it, named by the digest of both: equal work is one vertex. */
export interface Vertex {
  digest: string;
  name: string;
  stage: EvaluatedStage;
  /** Absent: what the stage starts from. */
  step?: Step;
  /** The file system that it changes. */
  parent?: Vertex;
  /** Other stages that it takes files from, in the order of the instruction. */
  inputs: Vertex[];
  /** It takes files from the main context. */
  usesContext: boolean;
}

/** What a vertex does, without whom it does it for. */
export function definitionOf(step: Step): unknown {
  if (step.kind === 'run') {
    const { kind, args, env, cwd, user, network, security, devices, script, platform } = step;
    return {
      kind,
      args,
      env,
      cwd,
      user,
      network,
      security,
      devices,
      script,
      platform,
      mounts: step.mounts.map(mountOf),
    };
  }
  if (step.kind === 'workdir') return { kind: step.kind, path: step.path, user: step.user };
  const { dest, inline, chown, chmod, parents, exclude, unpack, link } = step;
  const { sources } = step;
  return { kind: step.kind, dest, inline, chown, chmod, parents, exclude, unpack, link, sources };
}

function mountOf(mount: Mount): unknown {
  if (!('from' in mount)) return mount;
  const { from, ...rest } = mount;
  return { ...rest, from: from.kind };
}

/** The sources of a step that are trees: COPY's and those of mounts. */
export function sourcesOf(step: Step): Source[] {
  if (step.kind === 'run') return step.mounts.flatMap((mount) => ('from' in mount ? [mount.from] : []));
  return step.kind === 'workdir' ? [] : [step.from];
}

export function digestOfParts(parts: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}

/** The vertex of each stage's outcome. */
export interface Graph {
  of(stage: EvaluatedStage): Vertex;
  target: Vertex;
  /** All that the target needs, each after what goes into it. */
  all: Vertex[];
}

export function createGraph(evaluation: Evaluation): Graph {
  const tops = new Map<number, Vertex>();
  const all = new Map<string, Vertex>();
  const add = (vertex: Vertex): Vertex => {
    const known = all.get(vertex.digest);
    if (!known) all.set(vertex.digest, vertex);
    return known ?? vertex;
  };

  function of(stage: EvaluatedStage): Vertex {
    const known = tops.get(stage.id);
    if (known) return known;
    let top = stage.base.kind === 'stage' ? of(stage.base.stage) : add(baseVertex(stage));
    for (const step of stage.steps) top = add(stepVertex(stage, step, { parent: top, of }));
    tops.set(stage.id, top);
    return top;
  }

  const target = of(evaluation.target);
  return { of, target, all: [...all.values()] };
}

function baseVertex(stage: EvaluatedStage): Vertex {
  const { base } = stage;
  const what = base.kind === 'image' ? [base.request, base.resolved.digest] : ['scratch'];
  return { digest: digestOfParts(what), name: baseName(stage), stage, inputs: [], usesContext: false };
}

function baseName({ base, name, steps }: EvaluatedStage): string {
  if (base.kind !== 'image') return 'scratch';
  const [, total = '1'] = /^\[.*?\d+\/(\d+)\]/.exec(steps[0]?.label ?? '') ?? [];
  return `[${name === '' ? '' : `${name} `}1/${total}] FROM ${base.request.name}`;
}

function stepVertex(
  stage: EvaluatedStage,
  step: Step,
  { parent, of }: { parent: Vertex; of: (stage: EvaluatedStage) => Vertex },
): Vertex {
  const sources = sourcesOf(step);
  const inputs = sources.flatMap((source) => (source.kind === 'stage' ? [of(source.stage)] : []));
  const usesContext = sources.some((source) => source.kind === 'context');
  const digest = digestOfParts([definitionOf(step), parent.digest, inputs.map((input) => input.digest), usesContext]);
  return { digest, name: step.label, stage, step, parent, inputs, usesContext };
}

/** What a build's progress says of a step. */
export function told({ digest, name, parent, inputs }: Vertex) {
  return { digest, name, inputs: [...(parent ? [parent] : []), ...inputs].map((input) => input.digest) };
}
