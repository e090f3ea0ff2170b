import { EngineError } from '../../kit/index.ts';
import { type ImageConfig, parseReference } from '../../oci/index.ts';
import type { Output } from '../contract.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { Task } from '../progress.ts';
import type { Build } from '../solve/build.ts';
import type { Built } from '../solve/built.ts';
import { filesOf, filesOfAll } from './files.ts';
import { exportImage } from './image.ts';

export interface Exported {
  /** Of several platforms that of the first. */
  id?: string;
  /** Of the list of several platforms. */
  digest?: string;
  known: boolean;
  config?: ImageConfig;
}

const titles: Record<Output['type'], string> = {
  image: 'exporting to image',
  local: 'exporting to client directory',
  tar: 'exporting to client tarball',
  oci: 'exporting to oci image format',
  docker: 'exporting to docker image format',
};

/** Brings outcomes to all places that were asked for; without any an image of this engine. */
export async function exportOutputs(built: readonly Built[]): Promise<Exported> {
  let exported: Exported = { known: false };
  const [first] = built;
  if (!first) return exported;
  const { request, progress } = first.build;
  const outputs = request.outputs.length > 0 ? request.outputs : [{ type: 'image' as const, attributes: {} }];
  for (const output of outputs) {
    const vertex = {
      digest: digestOfParts([output.type, output.attributes, request.names]),
      name: titles[output.type],
    };
    const one = await progress.during(vertex, (task) => exportOne([first, ...built.slice(1)], { output, task }));
    exported = { ...exported, ...one };
  }
  return exported;
}

type All = [Built, ...Built[]];

async function exportOne(built: All, { output, task }: { output: Output; task: Task }): Promise<Partial<Exported>> {
  const { type, attributes, write } = output;
  const [{ build, result }] = built;
  if (type === 'local' || type === 'tar') {
    if (!write)
      throw new EngineError('invalid', `output file is required for ${type} exporter. refusing to write to console`);
    const isSplit =
      built.length > 1 ? attributes['platform-split'] !== 'false' : attributes['platform-split'] === 'true';
    await write(isSplit ? filesOfAll(built) : filesOf(build, result));
    return {};
  }
  const names = [...build.request.names, ...(attributes.name ?? '').split(',').filter((name) => name !== '')];
  if (type === 'image' || !write) {
    const image = await imageOf(built, { task, names });
    if (attributes.push === 'true') await push(build, names, task);
    return image;
  }
  if (type === 'docker' && built.length > 1) {
    throw new EngineError('invalid', 'docker exporter does not currently support exporting manifest lists');
  }
  const image = await imageOf(built, { task, names: [] });
  task.part('sending tarball');
  await write(build.context.images.save([image.id]));
  return image;
}

/** One image, or a list of those of several platforms. */
async function imageOf(
  built: All,
  { task, names }: { task: Task; names: string[] },
): Promise<Exported & { id: string }> {
  const [first] = built;
  if (built.length === 1) return exportImage(first, { task, names });
  const images: (Exported & { id: string })[] = [];
  for (const one of built) images.push(await exportImage(one, { task, names: [] }));
  const { context, signal } = first.build;
  const digest = await context.images.assembleList({ images: images.map(({ id }) => id), names, signal });
  task.part(`exporting manifest list ${digest}`);
  for (const name of names) task.part(`naming to ${name}`);
  const [{ id, config } = { id: '' }] = images;
  return { id, digest, known: images.every(({ known }) => known), ...(config && { config }) };
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
