import { readFileSync, writeFileSync } from 'node:fs';
import type { EndpointSettings } from '../../api/index.ts';
import { crashpoint, EngineError, shortId } from '../../kit/index.ts';
import type { NetworkChange } from '../../network/index.ts';
import type { Context } from '../context.ts';
import { etcFiles } from '../life/start/etc-files.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, changeRow, getRow } from '../row.ts';

/** See Containers.connect. */
export async function connect(
  context: Context,
  reference: string,
  network: string,
  settings: EndpointSettings,
): Promise<void> {
  const { id } = resolve(context.store, reference);
  await context.locks.run(id, async () => {
    const row = getRow(context.store, id);
    if (row.hostConfig.NetworkMode?.startsWith('container:')) throw sharedNamespace();
    const run = context.runs.get(id);
    if (!run || row.state !== 'running') return connectIdle(context, row, network, settings);
    const request = { containerId: id, network, settings };
    const mac = settings.MacAddress ? { macAddress: settings.MacAddress } : {};
    const change = context.networks.connect({ ...request, ...mac }, run.process.openNetwork());
    const macs = settings.MacAddress ? { ...row.macs, [change.network.name]: settings.MacAddress } : row.macs;
    await carryOut(context, { ...row, ...(macs && { macs }) }, change, 'connect');
  });
}

/** See Containers.disconnect. */
export async function disconnect(
  context: Context,
  reference: string,
  network: string,
  options: { force: boolean },
): Promise<void> {
  const { id } = find(context, reference, options.force);
  await context.locks.run(id, async () => {
    const row = getRow(context.store, id);
    const run = context.runs.get(id);
    if (!run || row.state !== 'running') return disconnectIdle(context, row, network);
    const change = context.networks.disconnect({ containerId: id, network }, () => run.process.openNetwork());
    await carryOut(context, row, change, 'disconnect');
  });
}

function find(context: Context, reference: string, force: boolean): ContainerRow {
  try {
    return resolve(context.store, reference);
  } catch (error) {
    if (!force || !(error instanceof EngineError) || error.kind !== 'notFound') throw error;
    throw new EngineError('notFound', `endpoint ${reference} not found`, error);
  }
}

const sharedNamespace = (): EngineError =>
  new EngineError(
    'invalid',
    'container sharing network namespace with another container or host cannot be connected to any other network',
  );

/** The kernel is changed already (a link more) or after the commit (a link less): a kill in between leaves a link of nobody. */
async function carryOut(
  context: Context,
  row: ContainerRow,
  change: NetworkChange,
  action: 'connect' | 'disconnect',
): Promise<void> {
  try {
    const { networks, ports } = change;
    changeRow(context.store, row.id, { networks, ports, ...(row.macs && { macs: row.macs }) }, change.record);
  } catch (error) {
    change.undo();
    throw error;
  }
  crashpoint(`container.${action}ed`);
  const turned = change.apply();
  const process = context.runs.get(row.id)?.process;
  for (const { handle, address } of turned) await process?.retarget(handle, address);
  rewriteFiles(context, row, change);
  tell(context, row, change.network, action);
}

/** In place, since they are mounted; what the container made of its resolv.conf itself stays. */
function rewriteFiles(context: Context, row: ContainerRow, change: NetworkChange): void {
  const files = etcFiles(context, row);
  const hosts = readFileSync(files.hosts, 'utf8');
  const changed = change.hosts(hosts);
  if (changed !== hosts) writeFileSync(files.hosts, changed);
  const { before, after } = change.resolvConf;
  if (before === after || readFileSync(files.resolvConf, 'utf8') !== before) return;
  writeFileSync(files.resolvConf, after);
}

function tell(
  context: Context,
  row: ContainerRow,
  { id, name }: { id: string; name: string },
  action: 'connect' | 'disconnect',
): void {
  const type = context.networks.inspect(id).Driver ?? '';
  context.events.relate('network', action, id, { container: row.id, name, type });
}

function connectIdle(context: Context, row: ContainerRow, network: string, settings: EndpointSettings): void {
  const planned = context.networks.plan(network, settings);
  if (row.networks[planned.name]) return;
  checkCompany(context, row, planned.driver);
  const macs = settings.MacAddress ? { macs: { ...row.macs, [planned.name]: settings.MacAddress } } : {};
  const shown = { ...planned.settings, ...dnsNames(row, planned.name, settings) };
  changeRow(context.store, row.id, { networks: { ...row.networks, [planned.name]: shown }, ...macs });
  crashpoint('container.connected');
}

/** What it will be found by; on the networks that are there from the start nobody is found by name. */
function dnsNames(row: ContainerRow, network: string, { Aliases }: EndpointSettings): { DNSNames?: string[] } {
  if (['bridge', 'host', 'none'].includes(network)) return {};
  return { DNSNames: [...new Set([row.name ?? '', ...(Aliases ?? []), shortId(row.id)])] };
}

/** Neither `host` nor `none` is shared with any other network. */
function checkCompany(context: Context, row: ContainerRow, driver: string): void {
  for (const name of Object.keys(row.networks)) {
    const other = driverOf(context, name);
    if (driver === 'host') {
      const why = 'container must be created in host network mode';
      throw new EngineError('invalid', `cannot connect container to host network - ${why}`);
    }
    if (other === 'host') throw sharedNamespace();
    if (driver !== 'null' && other !== 'null') continue;
    throw new EngineError(
      'invalid',
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
  }
}

function driverOf(context: Context, network: string): string {
  try {
    return context.networks.inspect(network).Driver ?? '';
  } catch {
    return 'bridge'; // it has gone meanwhile, or is yet to come
  }
}

function disconnectIdle(context: Context, row: ContainerRow, network: string): void {
  const name = nameOf(context, network);
  const { [name]: left, ...networks } = row.networks;
  if (!left) throw new EngineError('internal', `container ${row.id} is not connected to the network ${name}`);
  const { [name]: _mac, ...macs } = row.macs ?? {};
  changeRow(context.store, row.id, { networks, macs });
  crashpoint('container.disconnected');
}

function nameOf(context: Context, reference: string): string {
  try {
    return context.networks.inspect(reference).Name ?? reference;
  } catch {
    return reference;
  }
}
