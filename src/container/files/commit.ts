import type { ContainerConfig } from '../../api/index.ts';
import { applyChanges } from '../../image/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { ImageRunConfig } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import { quietly } from '../life/quietly.ts';
import { resolve } from '../lookup.ts';
import { mergeConfig } from '../spec/index.ts';
import type { CommitOptions } from './contract.ts';

/** See ContainerFiles.commit. */
export async function commit(context: Context, reference: string, options: CommitOptions): Promise<string> {
  const row = resolve(context.store, reference === '' ? unnamed() : reference);
  const base = (options.config ?? row.config) as ImageRunConfig;
  const config = mergeConfig(applyChanges(options.changes, base) as ContainerConfig, row.config as ImageRunConfig);
  const { repository, tag, author, comment } = options;
  return quietly(context, row, options.pause, async () => {
    const { id, name } = await context.images.commit({
      parent: row.imageId,
      layer: context.snapshots.diff(row.id),
      config: ordered(config),
      container: { id: row.id, config: ordered(row.config) },
      repository,
      tag,
      author,
      comment,
    });
    context.events.publish(row, 'commit', { comment, imageID: id, imageRef: name ?? '' });
    return id;
  });
}

function unnamed(): never {
  throw new EngineError('invalid', 'invalid name or ID supplied: ""');
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
