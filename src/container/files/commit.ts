import type { ContainerConfig } from '../../api/index.ts';
import { applyChanges } from '../../image/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { ImageRunConfig } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import { pause, unpause } from '../life/pause.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, findRow } from '../row.ts';
import { mergeConfig } from '../spec/index.ts';
import type { CommitOptions } from './contract.ts';

/** See ContainerFiles.commit. */
export async function commit(context: Context, reference: string, options: CommitOptions): Promise<string> {
  const row = resolve(context.store, reference === '' ? unnamed() : reference);
  const base = (options.config ?? row.config) as ImageRunConfig;
  const config = mergeConfig(applyChanges(options.changes, base) as ContainerConfig, row.config as ImageRunConfig);
  const { repository, tag, author, comment } = options;
  const { id, name } = await quietly(context, row, options.pause, () =>
    context.images.commit({
      parent: row.imageId,
      layer: context.snapshots.diff(row.id),
      config: ordered(config),
      container: { id: row.id, config: ordered(row.config) },
      repository,
      tag,
      author,
      comment,
    }),
  );
  context.events.publish(row, 'commit', { comment, imageID: id, imageRef: name ?? '' });
  return id;
}

function unnamed(): never {
  throw new EngineError('invalid', 'invalid name or ID supplied: ""');
}

/** With the container paused, if that is wanted and it runs; one that was paused before stays so. */
async function quietly<T>(context: Context, row: ContainerRow, wanted: boolean, work: () => Promise<T>): Promise<T> {
  if (!wanted || !(await paused(context, row.id))) return work();
  try {
    return await work();
  } finally {
    // It may have been about to end, or been let go by somebody else.
    if (findRow(context.store, row.id)?.paused) await unpause(context, row.id);
  }
}

/** Whether this made it pause. */
async function paused(context: Context, id: string): Promise<boolean> {
  if (!context.runs.has(id) || findRow(context.store, id)?.paused) return false;
  try {
    await pause(context, id);
    return true;
  } catch (error) {
    // It ends, or is paused already.
    if (error instanceof EngineError && error.kind === 'conflict') return false;
    throw error;
  }
}

const order = [
  'Hostname',
  'Domainname',
  'User',
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'ExposedPorts',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'Env',
  'Cmd',
  'Healthcheck',
  'ArgsEscaped',
  'Image',
  'Volumes',
  'WorkingDir',
  'Entrypoint',
  'NetworkDisabled',
  'MacAddress',
  'OnBuild',
  'Labels',
  'StopSignal',
  'StopTimeout',
  'Shell',
];

/** In the order in which Docker writes a configuration. */
function ordered(config: ContainerConfig): ImageRunConfig {
  const fields = config as Record<string, unknown>;
  return Object.fromEntries(order.filter((key) => key in fields).map((key) => [key, fields[key]]));
}
