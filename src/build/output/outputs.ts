import { closeFd, openDirectoryAt, usingFd } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { type ImageConfig, parseReference } from '../../oci/index.ts';
import { packTree } from '../../snapshot/index.ts';
import type { Output } from '../contract.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { EvaluatedStage } from '../language/index.ts';
import type { Task } from '../progress.ts';
import type { Build } from '../solve/build.ts';
import { treeOf } from '../solve/parts.ts';
import type { Result } from '../solve/result.ts';
import { exportImage } from './image.ts';

export interface Exported {
  id?: string;
  known: boolean;
  config?: ImageConfig;
}

interface Outcome {
  stage: EvaluatedStage;
  result: Result;
}

const titles: Record<Output['type'], string> = {
  image: 'exporting to image',
  local: 'exporting to client directory',
  tar: 'exporting to client tarball',
  oci: 'exporting to oci image format',
  docker: 'exporting to docker image format',
};

/** Brings an outcome to all places that were asked for; without any an image of this engine. */
export async function exportOutputs(build: Build, outcome: Outcome): Promise<Exported> {
  const outputs =
    build.request.outputs.length > 0 ? build.request.outputs : [{ type: 'image' as const, attributes: {} }];
  let exported: Exported = { known: false };
  for (const output of outputs) {
    const vertex = {
      digest: digestOfParts([output.type, output.attributes, build.request.names]),
      name: titles[output.type],
    };
    const one = await build.progress.during(vertex, (task) => exportOne(build, outcome, { output, task }));
    exported = { ...exported, ...one };
  }
  return exported;
}

async function exportOne(
  build: Build,
  outcome: Outcome,
  { output, task }: { output: Output; task: Task },
): Promise<Partial<Exported>> {
  const { type, attributes, write } = output;
  if (type === 'local' || type === 'tar') {
    if (!write)
      throw new EngineError('invalid', `output file is required for ${type} exporter. refusing to write to console`);
    await write(filesOf(build, outcome.result));
    return {};
  }
  const names = [...build.request.names, ...(attributes.name ?? '').split(',').filter((name) => name !== '')];
  if (type === 'image' || !write) {
    const image = await exportImage(build, { ...outcome, task, names });
    if (attributes.push === 'true') await push(build, names, task);
    return image;
  }
  const image = await exportImage(build, { ...outcome, task, names: [] });
  task.part('sending tarball');
  await write(build.context.images.save([image.id]));
  return image;
}

/** The files of an outcome as a tar. */
async function* filesOf(build: Build, result: Result): AsyncGenerator<Uint8Array> {
  const tree = usingFd(treeOf(build, result), (fd) => openDirectoryAt(fd, '.'));
  try {
    yield* packTree({ from: { directory: tree, name: Buffer.from('.') }, as: '' });
  } finally {
    closeFd(tree);
  }
}

async function push(build: Build, names: string[], task: Task): Promise<void> {
  for (const name of names) {
    const reference = parseReference(name);
    const credentials = build.request.credentials(reference.domain);
    task.part(`pushing ${name}`);
    const messages = build.context.images.push({
      reference,
      signal: build.signal,
      ...(credentials && { credentials }),
    });
    for await (const _ of messages) build.signal.throwIfAborted();
  }
}
