import type { ContainerInspectResponse, ContainerState } from '../../api/index.ts';
import { remadeAs } from '../change/remake.ts';
import type { Context } from '../context.ts';
import { etcFiles } from '../life/start/etc-files.ts';
import { mountViews } from '../life/start/mount-points.ts';
import { linkViews } from '../links/links.ts';
import { logPath } from '../log/log-file.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, isRestarting, isRunning, never } from '../row.ts';
import { apparmorOf } from '../spec/index.ts';
import { networkSettings } from './network-settings.ts';

/** See Containers.inspect. */
export async function inspect(
  context: Context,
  reference: string,
  options: { size: boolean },
): Promise<ContainerInspectResponse> {
  const row = resolve(context.store, reference);
  return {
    Id: row.id,
    Created: row.created,
    Path: row.path,
    Args: row.args,
    State: stateView(context, row),
    Image: row.imageId,
    ...paths(context, row),
    Name: `/${row.name}`,
    RestartCount: row.restartCount,
    Driver: context.snapshots.driver,
    Platform: 'linux',
    MountLabel: row.labels?.mount ?? '',
    ProcessLabel: row.labels?.process ?? '',
    AppArmorProfile: apparmorOf(row.hostConfig, context.facts),
    ExecIDs: execIds(context, row.id),
    HostConfig: row.links?.length ? { ...row.hostConfig, Links: linkViews(context, row) as string[] } : row.hostConfig,
    GraphDriver: { Data: { ID: row.id, ...context.snapshots.describe(row.id) }, Name: context.snapshots.driver },
    Mounts: mountViews(row),
    Config: row.config,
    NetworkSettings: networkSettings(row),
    ...(row.next && { Tug: { Next: nextView(row) } }),
    ...(options.size && (await sizes(context, row))),
  };
}

/** What it will be from its next start on. */
function nextView(row: ContainerRow): object {
  const next = remadeAs(row);
  return { Env: next.config.Env, Mounts: mountViews(next), Restart: row.next?.restart ?? false };
}

/** Known once the container was started; before, Docker shows none. */
function paths(context: Context, row: ContainerRow) {
  const started = row.startedAt !== never || row.error !== '';
  const files = etcFiles(context, row);
  const hasLog = started && row.hostConfig.LogConfig?.Type === 'json-file';
  return {
    ResolvConfPath: started ? files.resolvConf : '',
    HostnamePath: started ? files.hostname : '',
    HostsPath: started ? files.hosts : '',
    LogPath: hasLog ? logPath(context, row) : '',
  };
}

function stateView(context: Context, row: ContainerRow): ContainerState {
  const health = context.health.of(row.id);
  return {
    Status: shownState(row),
    Running: isRunning(row),
    Paused: row.paused ?? false,
    Restarting: isRestarting(row),
    OOMKilled: row.oomKilled,
    Dead: false,
    Pid: row.pid,
    ExitCode: row.exitCode,
    Error: row.error,
    StartedAt: row.startedAt,
    FinishedAt: row.finishedAt,
    ...(health && { Health: health as unknown as NonNullable<ContainerState['Health']> }),
  };
}

/** The state in Docker's terms: a start that is going on is none yet. */
export function shownState(row: ContainerRow): 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' {
  if (row.state === 'running' && row.paused) return 'paused';
  if (isRestarting(row)) return 'restarting';
  if (row.state !== 'starting') return row.state;
  return row.startedAt === never ? 'created' : 'exited';
}

function execIds(context: Context, id: string): string[] {
  const ids = context.execs.runningIn(id);
  return (ids.length > 0 ? ids : null) as string[];
}

/** Bytes in the writable layer, and of everything the container sees. */
export async function sizes(context: Context, row: ContainerRow): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const written = await context.snapshots.size(row.id);
  const layers = row.layers.map((layer, index) => context.snapshots.layerSize(layer, row.layers.slice(0, index)));
  return { SizeRw: written, SizeRootFs: layers.reduce((sum, size) => sum + size, written) };
}
