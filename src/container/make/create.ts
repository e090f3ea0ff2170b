import { type ContainerCreateRequest, type ContainerCreateResponse, onUnhealthy } from '../../api/index.ts';
import type { Image } from '../../image/index.ts';
import { crashpoint, EngineError, messageOf, newId, shortId } from '../../kit/index.ts';
import { parsePlatform } from '../../oci/index.ts';
import type { Rows, Tx } from '../../store/index.ts';
import { formatTime } from '../clock.ts';
import type { Context } from '../context.ts';
import { checkOf } from '../health/health.ts';
import { clearAway, tombstone } from '../life/end/clear.ts';
import { networkWishes } from '../life/start/network-mode.ts';
import { resolveLinks } from '../links/link.ts';
import { checkLogConfig } from '../log/log-config.ts';
import { resolve } from '../lookup.ts';
import { allMounts } from '../mounts/volumes-from.ts';
import { plannedNetworks } from '../network/endpoints.ts';
import { type ContainerRow, never, rowsOf } from '../row.ts';
import type { Secret } from '../secrets/contract.ts';
import { checkSecrets, keepSecrets } from '../secrets/secrets.ts';
import { labelsFor, shareLabels } from '../selinux/assign.ts';
import { adaptHostConfig, type MountPoint, mergeConfig, validate } from '../spec/index.ts';
import { argv } from '../spec/merge.ts';
import { checkUserns, chooseIds } from '../userns/choose.ts';
import { checkNetworkOptions } from '../view/endpoint.ts';
import { checkName, generateName, nameConflict } from './names.ts';
import { usedBy } from './used-by.ts';
import { makeMounts, unmakeMounts } from './volumes.ts';

interface CreateRequest {
  name?: string;
  platform?: string;
  body: ContainerCreateRequest;
  startsNow?: boolean;
  readOnlyNonRecursive?: boolean;
  secrets?: Secret[];
}

/** See Containers.create. Nothing is left when it fails. */
export async function create(context: Context, request: CreateRequest): Promise<ContainerCreateResponse> {
  if (request.name) checkName(request.name);
  const name = request.name?.replace(/^\//, '');
  const platform = request.platform ? parsePlatform(request.platform) : undefined;
  const image = context.images.resolve(request.body.Image ?? '', platform);
  const { row, warnings, points } = plan(context, request.body, image);
  if (request.readOnlyNonRecursive) for (const point of points) point.readOnlyNonRecursive = true;
  const secrets = request.secrets ?? [];
  checkSecrets(secrets, [...points.map(({ destination }) => destination), ...Object.keys(row.hostConfig.Tmpfs ?? {})]);
  if (secrets.length > 0) row.hasSecrets = true;
  const range = row.ids?.uids[0];
  let made: MountPoint[] = [];
  let created: ContainerRow | undefined;
  try {
    if (range) context.idsInMaking.add(range);
    await context.snapshots.create(row.id, image.layers, { ...(row.ids && { ids: row.ids }) });
    crashpoint('container.snapshotCreated');
    made = await makeMounts(context, points);
    created = commit(context, { ...row, mounts: made }, { name: name || undefined, secrets });
    // One that starts now has the start's wait for the disk.
    if (!request.startsNow) await context.store.flush();
    crashpoint('container.created');
    context.events.publish(created, 'create');
    return { Id: row.id, Warnings: warnings };
  } catch (error) {
    if (created) await clearAway(context, tombstone(context, created, { volumes: false }));
    else await context.snapshots.remove(row.id);
    await unmakeMounts(context, points, made);
    throw error;
  } finally {
    if (range) context.idsInMaking.delete(range);
  }
}

/** The row as it will be but for its name and the volumes that are yet to be made. */
function plan(context: Context, body: ContainerCreateRequest, image: Image) {
  const { HostConfig: given, NetworkingConfig: networking, ...asked } = body;
  const config = mergeConfig(asked, image.config.config);
  const hostConfig = adaptHostConfig(given, context.facts);
  const warnings = validate(config, hostConfig, context.facts);
  checkNetworkOptions(asked, hostConfig);
  checkLogConfig(hostConfig);
  const mode = hostConfig.NetworkMode ?? 'bridge';
  const { networks, macs } = plannedNetworks(context, networking, mode);
  const macAddress = Object.values(macs)[0] ?? config.MacAddress;
  if (macAddress) config.MacAddress = macAddress;
  if (!mode.startsWith('container:')) context.networks.validate(networkWishes(config, hostConfig));
  if (mode === 'host' && Object.keys(hostConfig.PortBindings ?? {}).length > 0) {
    warnings.push('Published ports are discarded when using host network mode');
  }
  if ((hostConfig.RestartPolicy?.Name as string) === onUnhealthy && !checkOf(config)) {
    warnings.push(`Without a health check the restart policy '${onUnhealthy}' is the same as 'unless-stopped'`);
  }
  spellOutBindings(hostConfig);
  const points = allMounts(context, config, hostConfig);
  if (points.some(({ type }) => type === 'image')) warnings.push('Image mount is an experimental feature');
  const links = resolveLinks(context.store, hostConfig);
  // Shown as they are when somebody asks.
  hostConfig.Links = null as unknown as string[];
  const ids = chooseIds(context, hostConfig);
  checkUserns(hostConfig, ids);
  const id = newId();
  const networkOf = joinTarget(context, hostConfig);
  nameJoined(context, hostConfig);
  if (context.facts.selinux) shareLabels(context.store, hostConfig);
  labelsFor(hostConfig, context.facts);
  config.Hostname = config.Hostname || hostnameFor(context, id, hostConfig, networkOf);
  const [path = '', ...args] = argv(config);
  const row: ContainerRow = {
    ...blank,
    id,
    created: formatTime(context.clock()),
    imageId: image.id,
    layers: image.layers,
    path,
    args,
    config,
    hostConfig,
    networks,
    ...(Object.keys(macs).length > 0 && { macs }),
    ...(links.length > 0 && { links }),
    ...(networkOf && { networkOf: networkOf.id }),
    ...(ids && { ids }),
  };
  return { row, warnings, points };
}

const blank = {
  name: null,
  state: 'created' as const,
  mounts: [],
  token: '',
  pid: 0,
  startedAt: never,
  finishedAt: never,
  exitCode: 0,
  error: '',
  oomKilled: false,
  restartCount: 0,
  manuallyStopped: false,
  paused: false,
  ports: {},
};

/** The containers whose processes or memory are shared, by their ids. */
function nameJoined(context: Context, hostConfig: ContainerRow['hostConfig']): void {
  for (const field of ['IpcMode', 'PidMode'] as const) {
    const [, reference] = /^container:(.+)$/.exec(hostConfig[field] ?? '') ?? [];
    if (reference === undefined) continue;
    try {
      hostConfig[field] = `container:${resolve(context.store, reference).id}`;
    } catch (error) {
      throw new EngineError('invalid', messageOf(error), error);
    }
  }
}

/** The container whose network is joined, if it is there already; its reference becomes its id. */
function joinTarget(context: Context, hostConfig: ContainerRow['hostConfig']): ContainerRow | undefined {
  const [, reference] = /^container:(.+)$/.exec(hostConfig.NetworkMode ?? '') ?? [];
  if (reference === undefined) return undefined;
  try {
    const row = resolve(context.store, reference);
    hostConfig.NetworkMode = `container:${row.id}`;
    return row;
  } catch (error) {
    // Docker says so at the start.
    if (error instanceof EngineError && error.kind === 'notFound') return undefined;
    throw error;
  }
}

function hostnameFor(
  context: Context,
  id: string,
  hostConfig: ContainerRow['hostConfig'],
  joined: ContainerRow | undefined,
): string {
  if (joined) return joined.config.Hostname ?? '';
  return hostConfig.NetworkMode === 'host' ? context.facts.hostname : shortId(id);
}

/** Each binding has both its fields, as Docker stores it. */
function spellOutBindings({ PortBindings }: ContainerRow['hostConfig']): void {
  for (const [port, bindings] of Object.entries(PortBindings ?? {})) {
    if (!PortBindings || !bindings) continue;
    PortBindings[port] = bindings.map(({ HostIp = '', HostPort = '' }) => ({ HostIp, HostPort }));
  }
}

function commit(
  context: Context,
  row: ContainerRow,
  asked: { name: string | undefined; secrets: Secret[] },
): ContainerRow {
  const write = (tx: Tx): ContainerRow => {
    const rows = rowsOf(tx);
    const name = asked.name ?? freeName(rows);
    const [holder] = rows.by('name', name);
    if (holder) throw nameConflict(name, holder.id);
    const labels = labelsFor(row.hostConfig, context.facts, tx);
    const named = { ...row, name, ...(labels && { labels }) };
    rows.put(row.id, named);
    addReferences(tx, named);
    if (asked.secrets.length > 0) keepSecrets(tx, row.id, asked.secrets);
    return named;
  };
  return context.store.admit(write, { wait: false });
}

function freeName(rows: Rows<ContainerRow>): string {
  for (let attempt = 0; ; attempt++) {
    const name = generateName(attempt);
    if (rows.by('name', name).length === 0) return name;
  }
}

function addReferences(tx: Tx, row: ContainerRow): void {
  for (const target of usedBy(row)) tx.refs.add(`container:${row.id}`, target);
}
