import type { Imports } from '../exchange/imports.ts';
import { asStepFailure } from '../failure.ts';
import { definitionOf, digestOfParts, told, type Vertex } from '../graph/vertex.ts';
import type { Build } from './build.ts';
import { execute } from './execute.ts';
import { contentParts, type KeyParts, localParts } from './parts.ts';
import { layersOf, type Result } from './result.ts';
import { sourceResult } from './source.ts';

/** Comes to the outcome of a vertex. Asked twice, it is the same outcome. */
export type Solve = (vertex: Vertex) => Promise<Result>;

export interface Solver {
  solve: Solve;
  /** What a vertex does to what, by definition alone: alike on every machine. */
  keyOf(vertex: Vertex): Promise<string>;
}

/**
 * A vertex is looked for in the cache by what it does and what that is done to, before anything it needs is looked for; only then, side
 * by side, comes what it needs, and it is looked for by what that has turned out to be. What is in no cache is executed, once for all
 * builds that want it.
 */
export function createSolver(build: Build): Solver {
  const outcomes = new Map<string, Promise<Result>>();
  const solve: Solve = (vertex) => {
    const known = outcomes.get(vertex.digest);
    if (known) return known;
    const work = vertex.step ? solveStep({ build, solve, keyOf }, vertex) : sourceResult(build, vertex);
    const outcome = work.catch((error: unknown) => {
      throw asStepFailure(error, vertex.step?.ranges ?? vertex.stage.ranges);
    });
    outcomes.set(vertex.digest, outcome);
    // Another vertex may fail first, and nobody would wait for this one any more.
    outcome.catch(() => undefined);
    return outcome;
  };
  const keyOf = createKeys(build, solve);
  return { solve, keyOf };
}

/** What each vertex does to what, by definition alone. */
function createKeys(build: Build, solve: Solve): (vertex: Vertex) => Promise<string> {
  const keys = new Map<string, Promise<string>>();
  const keyOf = (vertex: Vertex): Promise<string> => {
    const known = keys.get(vertex.digest);
    if (known) return known;
    const key = vertex.step
      ? located(vertex, partsOf(vertex).then(digestOfParts))
      : solve(vertex).then((result) => result.key);
    keys.set(vertex.digest, key);
    return key;
  };
  async function partsOf(vertex: Vertex): Promise<KeyParts> {
    const [parent, inputs, local] = await Promise.all([
      vertex.parent && keyOf(vertex.parent),
      Promise.all(vertex.inputs.map(keyOf)),
      localParts(build, vertex),
    ]);
    const step = digestOfParts(vertex.step && definitionOf(vertex.step));
    return { step, ...(parent && { parent }), ...named('input', inputs), ...local };
  }
  return keyOf;
}

/** A failure to say what goes into a step is the step's. */
const located = (vertex: Vertex, work: Promise<string>): Promise<string> =>
  work.catch((error: unknown) => {
    throw asStepFailure(error, vertex.step?.ranges ?? []);
  });

interface Solving extends Solver {
  build: Build;
}

async function solveStep({ build, solve, keyOf }: Solving, vertex: Vertex): Promise<Result> {
  const fresh = isFresh(build, vertex);
  const early = fresh ? undefined : await keyOf(vertex);
  const hit = early === undefined ? undefined : await fromAnyCache(build, { key: early });
  if (hit)
    return found(build, vertex, { result: hit, reason: 'the instruction and all that goes into it are as they were' });
  const nothing: Result = { stack: [], key: 'scratch' };
  const [parent = nothing, ...inputs] = await Promise.all([
    vertex.parent ? solve(vertex.parent) : nothing,
    ...vertex.inputs.map(solve),
  ]);
  const parts = await contentParts(build, vertex, { parent, inputs });
  const key = digestOfParts(parts);
  const late = fresh ? undefined : await fromAnyCache(build, { key, parts, below: layersOf(parent) });
  if (late) {
    if (early !== undefined && late.record !== undefined) build.context.cache.alias(early, late.record);
    return found(build, vertex, { result: late, reason: 'what it is made of came out as it was' });
  }
  const last = build.context.cache.last(parts.step ?? '');
  build.explain(vertex.name, fresh ? 'built: --no-cache asks for it' : reasonOf(parts, last));
  return executeOnce(build, vertex, { parent, inputs, parts, keys: early === undefined ? [key] : [key, early] });
}

function found(build: Build, vertex: Vertex, { result, reason }: { result: Result; reason: string }): Result {
  build.explain(vertex.name, `from the cache: ${reason}`);
  tellCached(build, vertex);
  return result;
}

const named = (name: string, values: string[]): KeyParts =>
  Object.fromEntries(values.map((value, index) => [`${name} ${index}`, value]));

/** Whether nothing may come from the cache. */
function isFresh({ request: { noCache } }: Build, { stage }: Vertex): boolean {
  return typeof noCache === 'boolean'
    ? noCache
    : noCache.some((name) => name.toLowerCase() === stage.name.toLowerCase());
}

/** From the engine's cache, or one that was imported. */
async function fromAnyCache(build: Build, names: Parameters<Imports['bring']>[0]): Promise<Result | undefined> {
  const known = fromCache(build, names.key);
  if (known) return known;
  return (await build.imports.bring(names)) ? fromCache(build, names.key) : undefined;
}

function fromCache({ context: { cache }, hold, allows }: Build, key: string): Result | undefined {
  const record = cache.find(key);
  if (record === undefined) return undefined;
  const stack = cache.stack(record);
  if (!allows(stack)) return undefined;
  hold.use(record);
  return { record, stack, key };
}

function tellCached(build: Build, vertex: Vertex): void {
  if (build.progress.isOver(vertex.digest)) return;
  if (vertex.parent) tellCached(build, vertex.parent);
  for (const input of vertex.inputs) tellCached(build, input);
  if (vertex.name !== 'scratch') build.progress.cached(told(vertex));
}

interface Execution {
  parent: Result;
  inputs: Result[];
  parts: KeyParts;
  keys: string[];
}

/** Two builds that want the same do it once; if the other one was given up, this one does it. */
async function executeOnce(build: Build, vertex: Vertex, execution: Execution): Promise<Result> {
  const { running } = build.context;
  const [key = ''] = execution.keys;
  for (let other = running.get(key); other; other = running.get(key)) {
    const result = await other.catch(() => undefined);
    build.signal.throwIfAborted();
    if (!result || isFresh(build, vertex)) continue;
    if (result.record !== undefined) build.hold.use(result.record);
    build.progress.cached(told(vertex));
    return result;
  }
  const work = build.progress.during(told(vertex), (task) => execute(build, vertex, { ...execution, task }));
  const shared = work.finally(() => running.delete(key));
  running.set(key, shared);
  shared.catch(() => undefined);
  return shared;
}

/** Why nothing in the cache fits: the first thing that is not as it was when the same was done last. */
function reasonOf(parts: KeyParts, before: KeyParts | undefined): string {
  if (!before) return 'built: the instruction is new, or has changed';
  const names = new Set([...Object.keys(parts), ...Object.keys(before)]);
  const changed = [...names].find((name) => parts[name] !== before[name]);
  if (changed === undefined) return 'built: what it made before is no longer in the cache';
  return changed === 'base' ? 'built: what it builds on has changed' : `built: ${changed} has changed`;
}
