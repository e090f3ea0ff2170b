import { EngineError, messageOf } from '../../../kit/index.ts';
import type { AttachRequest, NetworkAttachment } from '../../../network/index.ts';
import type { Context } from '../../context.ts';
import { joinLinks } from '../../links/links.ts';
import { resolve } from '../../lookup.ts';
import type { ContainerRow } from '../../row.ts';

/** How a container meets the network: by an attachment of its own, or in another container's namespace. */
export type NetworkPlace =
  | { kind: 'own'; attachment: NetworkAttachment }
  | { kind: 'joined'; row: ContainerRow; namespace: string };

/** Attaches the container as its mode says. Undo an own attachment with `networks.release`. */
export async function enterNetwork(context: Context, row: ContainerRow): Promise<NetworkPlace> {
  const mode = row.hostConfig.NetworkMode ?? 'bridge';
  if (mode.startsWith('container:')) return joinContainer(context, mode.slice('container:'.length));
  return { kind: 'own', attachment: await context.networks.attach(attachRequest(context, row)) };
}

function attachRequest(context: Context, row: ContainerRow): AttachRequest {
  const { Hostname = '', Domainname = '' } = row.config;
  const names = { containerId: row.id, name: row.name ?? '', hostname: Hostname, domainname: Domainname };
  const own = { endpoints: row.networks, macAddresses: row.macs ?? {}, ...(row.kept && { kept: row.kept }) };
  const wishes = networkWishes(row.config, row.hostConfig);
  const extraHosts = [...wishes.extraHosts, ...joinLinks(context, row).hosts];
  return { ...names, ...wishes, extraHosts, ...(row.config.NetworkDisabled ? {} : own) };
}

type NetworkWishes = Parameters<Context['networks']['validate']>[0];

/** What the options ask of the network, for a container that does not join another's. */
export function networkWishes(config: ContainerRow['config'], hostConfig: ContainerRow['hostConfig']): NetworkWishes {
  return {
    mode: config.NetworkDisabled ? 'none' : (hostConfig.NetworkMode ?? 'bridge'),
    portBindings: boundPorts(hostConfig.PortBindings ?? null),
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    publishAll: hostConfig.PublishAllPorts ?? false,
    extraHosts: hostConfig.ExtraHosts ?? [],
    dns: { servers: hostConfig.Dns ?? [], search: hostConfig.DnsSearch ?? [], options: hostConfig.DnsOptions ?? [] },
    ...(config.MacAddress && { macAddress: config.MacAddress }),
  };
}

function boundPorts(bindings: ContainerRow['hostConfig']['PortBindings'] | null): AttachRequest['portBindings'] {
  return Object.fromEntries(Object.entries(bindings ?? {}).map(([port, bound]) => [port, bound ?? []]));
}

function joinContainer(context: Context, reference: string): NetworkPlace {
  const row = find(context, reference);
  const run = context.runs.get(row.id);
  if (!run?.process.pid) {
    const state = row.state === 'starting' ? 'created' : row.state;
    throw new EngineError(
      'conflict',
      `cannot join network namespace of a non running container: container ${row.name} is ${state}`,
    );
  }
  return { kind: 'joined', row, namespace: `/proc/${run.process.pid}/ns/net` };
}

function find(context: Context, reference: string): ContainerRow {
  try {
    return resolve(context.store, reference);
  } catch (error) {
    const kind = error instanceof EngineError ? error.kind : 'internal';
    throw new EngineError(kind, `joining network namespace of container: ${messageOf(error)}`, error);
  }
}
