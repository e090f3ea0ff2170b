import { closeFd } from '../../host/index.ts';
import { EngineError, messageOf, newId } from '../../kit/index.ts';
import { copyFiles, type Origin } from '../copy/copy-step.ts';
import { ensureDirectory } from '../copy/directories.ts';
import { ownerOf } from '../copy/owner.ts';
import { byteString } from '../copy/paths.ts';
import type { Vertex } from '../graph/vertex.ts';
import type { CopyStep, RunStep, WorkdirStep } from '../language/index.ts';
import type { Task } from '../progress.ts';
import { cacheMount } from '../run/cache-mount.ts';
import { prepareRun } from '../run/prepare.ts';
import { type RunWork, runStep } from '../run/run-step.ts';
import type { Build } from './build.ts';
import { explainingForeign } from './emulation.ts';
import { type KeyParts, mountsFromStages, treeOf } from './parts.ts';
import { layersOf, type Result } from './result.ts';

interface Execution {
  parent: Result;
  inputs: Result[];
  parts: KeyParts;
  keys: string[];
  task: Task;
}

/** Does what a step says and writes its outcome down. */
export async function execute(build: Build, vertex: Vertex, execution: Execution): Promise<Result> {
  const { context } = build;
  const name = await layerOf(build, vertex, execution);
  const layer = { layer: name, size: context.snapshots.layerSize(name, layersOf(execution.parent)) };
  const record = context.cache.add(
    {
      type: 'regular',
      description: vertex.step?.createdBy ?? '',
      ...(execution.parent.record !== undefined && { parent: execution.parent.record }),
      layers: [layer],
      size: layer.size,
      parts: execution.parts,
      ...(build.epoch !== undefined && { createdAt: new Date(build.epoch * 1000).toISOString() }),
    },
    execution.keys,
  );
  build.hold.use(record);
  if (build.imageSteps.has(vertex.digest)) packAhead(build, [...layersOf(execution.parent), name]);
  return { record, stack: [...execution.parent.stack, layer], key: execution.keys[0] ?? '' };
}

/** An image will want its bytes; what goes wrong with them is said then. */
function packAhead({ context, packing }: Build, stack: string[]): void {
  context.clearing.add(async () => void (await packing.stage(stack).catch(() => undefined)));
}

async function layerOf(build: Build, vertex: Vertex, execution: Execution): Promise<string> {
  const { step } = vertex;
  if (!step) throw new Error('only steps are executed');
  if (step.kind === 'run') {
    const prepared = await build.ahead.take(vertex.digest);
    return run(build, step, { ...execution, prepared, onGo: () => prepareNext(build, vertex) });
  }
  return changed(build, execution.parent, (root) =>
    step.kind === 'workdir' ? makeWorkdir(build, root, step) : copy(build, root, { step, execution }),
  );
}

/** What stands on a step that is being done will be done as well: its beginnings need not wait. */
function prepareNext(build: Build, vertex: Vertex): void {
  const { context, request, graph, ahead } = build;
  for (const { digest, parent, step } of graph.all) {
    if (parent !== vertex || step?.kind !== 'run') continue;
    ahead.begin(digest, () => prepareRun(context, { step, options: request.run }, { early: true }));
  }
}

type Running = Execution & Pick<RunWork, 'prepared' | 'onGo'>;

async function run(build: Build, step: RunStep, { parent, inputs, task, prepared, onGo }: Running): Promise<string> {
  const { context, request } = build;
  const opened: number[] = [];
  try {
    const running = (log: Task['log']) =>
      runStep(context, {
        step,
        layers: layersOf(parent),
        options: request.run,
        log,
        prepared,
        ...(onGo && { onGo }),
        signal: build.signal,
        inputs: {
          secret: request.secret,
          ssh: request.ssh,
          cache: async (mount) => {
            await build.imports.mount(mount);
            return cacheMount(context, mount, { tree: (work) => mountTree(build, { step, inputs }, mount, work) });
          },
          tree: async (mount) => {
            if (mount.from.kind === 'scratch') return undefined;
            if (mount.from.kind === 'context') return { root: (await build.files()).root };
            const input = inputs[mountsFromStages(step.mounts).indexOf(mount)];
            if (!input || input.stack.length === 0) return undefined;
            const root = treeOf(build, input);
            opened.push(root);
            return { root, layers: layersOf(input) };
          },
        },
      });
    return await explainingForeign({ platform: step.platform, log: task.log }, (log) =>
      tellingStart(step, log, running),
    );
  } finally {
    opened.forEach(closeFd);
  }
}

const notStarted = /^failed to create task for container: .*?(unable to start container process: .*)$/s;
const nobody = /^unable to find (?:user|group) /;

/** What could not be started says why on its log, and fails as one that ended with 1; who is unknown is said beside the process. */
async function tellingStart<T>(
  { args }: RunStep,
  log: Task['log'],
  work: (log: Task['log']) => Promise<T>,
): Promise<T> {
  try {
    return await work(log);
  } catch (error) {
    const words = `process ${JSON.stringify(args.join(' '))} did not complete successfully`;
    const message = messageOf(error);
    if (nobody.test(message)) throw new EngineError('invalid', `${words}: ${message}`, error);
    const why = notStarted.exec(message)?.[1];
    if (why === undefined) throw error;
    log(2, Buffer.from(`runc run failed: ${why}\n`));
    throw new EngineError('internal', `${words}: exit code: 1`, error);
  }
}

/** What a cache mount is filled with at first. */
async function mountTree(
  build: Build,
  { step, inputs }: { step: RunStep; inputs: Result[] },
  mount: Parameters<typeof cacheMount>[1],
  work: (root: number) => Promise<void>,
): Promise<void> {
  if (mount.from.kind === 'scratch') return;
  if (mount.from.kind === 'context') return work((await build.files()).root);
  const input = inputs[mountsFromStages(step.mounts).indexOf(mount)];
  if (!input || input.stack.length === 0) return;
  const root = treeOf(build, input);
  try {
    await work(root);
  } finally {
    closeFd(root);
  }
}

/** Changes a file system from here, without any process in it. */
async function changed(
  { context: { snapshots } }: Build,
  parent: Result,
  work: (root: number) => Promise<void> | void,
): Promise<string> {
  const id = newId();
  await snapshots.create(id, layersOf(parent), { places: 'none' });
  try {
    const root = snapshots.mount(id, { volatile: true });
    try {
      await work(root);
    } finally {
      closeFd(root);
    }
    return await snapshots.keep(id);
  } catch (error) {
    await snapshots.remove(id);
    throw error;
  }
}

function makeWorkdir(build: Build, root: number, { path, user }: WorkdirStep): void {
  ensureDirectory(root, byteString(path), {
    owner: user === '' ? undefined : ownerOf(user, root),
    time: timeOf(build),
  });
}

async function copy(
  build: Build,
  root: number,
  { step, execution }: { step: CopyStep; execution: Execution },
): Promise<void> {
  const { from } = step;
  const [input] = execution.inputs;
  const opened: number[] = [];
  try {
    let source: number | undefined;
    if (from.kind === 'context' && step.sources.some(({ kind }) => kind === 'path'))
      source = (await build.files()).root;
    if (from.kind === 'stage' && input && input.stack.length > 0) {
      source = treeOf(build, input);
      opened.push(source);
    }
    const origins: Origin[] = [];
    for (const one of step.sources) {
      if (one.kind === 'path') {
        if (source !== undefined)
          origins.push({
            root: source,
            path: one.path,
            unpack: step.kind === 'add' && (step.unpack ?? true),
            ...(one.parents && { parents: one.parents }),
          });
      } else origins.push(await build.origins.files(one, { unpack: step.unpack ?? false, task: execution.task }));
    }
    // What comes out of a stage keeps its owners, and so do archives; the context's files are root's already.
    const owner = step.chown === '' ? undefined : ownerOf(step.chown, root);
    await copyFiles(root, { step, origins, owner, time: timeOf(build), signal: build.signal });
  } finally {
    opened.forEach(closeFd);
  }
}

const timeOf = ({ epoch }: Build) => (epoch === undefined ? undefined : { seconds: epoch, nanoseconds: 0 });
