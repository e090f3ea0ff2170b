import type { ContainerSummary } from '../../api/index.ts';
import { compareTimes, secondsOf } from '../clock.ts';
import type { Context } from '../context.ts';
import type { Containers } from '../contract.ts';
import { mountViews } from '../life/start/mount-points.ts';
import { linkNames } from '../links/links.ts';
import { type ContainerRow, isRunning, rowsOf } from '../row.ts';
import { snapshotsOf } from '../snapshots/records.ts';
import { containerTests, findImages } from './filters.ts';
import { shownState, sizes } from './inspect.ts';
import { statusText } from './status-text.ts';

/** See Containers.list: newest first, the running ones only unless something asks for more. */
export async function list(context: Context, options: Parameters<Containers['list']>[0]): Promise<ContainerSummary[]> {
  const tests = containerTests(context, options.filters);
  const limit = options.limit && options.limit > 0 ? options.limit : undefined;
  const stoppedToo = options.all || limit !== undefined || widening.some((name) => options.filters[name]?.length);
  const present = presentRows(context);
  const rows = present
    .filter((row) => stoppedToo || isRunning(row))
    .filter((row) => tests.every((test) => test(row)))
    .slice(0, limit);
  const imageOf = imageNames(context);
  const namesOf = linkNames(present);
  const now = Number(context.clock() / 1_000_000n);
  const summaries = rows.map(
    (row): ContainerSummary => ({
      ...summary(context, row, now),
      Names: [`/${row.name}`, ...(namesOf.get(row.id) ?? [])],
      Image: imageOf(row),
    }),
  );
  if (!options.size) return summaries;
  const rooms = await Promise.all(rows.map((row) => room(context, row, options.snapshots ?? false)));
  return summaries.map((one, index) => ({ ...one, ...rooms[index] }));
}

/** Filters that ask for containers which do not run, too. */
const widening = ['status'];

/** Every container there is for people, newest first. */
export function presentRows(context: Context): ContainerRow[] {
  return context.store
    .view((tx) => rowsOf(tx).all())
    .map(({ document }) => document)
    .filter((row) => row.name !== null)
    .toSorted((one, other) => compareTimes(other.created, one.created));
}

/** Docker leaves a SizeRw of 0 out of the list. */
async function room(
  context: Context,
  row: ContainerRow,
  snapshots: boolean,
): Promise<Pick<ContainerSummary, 'SizeRw' | 'SizeRootFs'>> {
  const { SizeRw, SizeRootFs } = await sizes(context, row);
  const kept =
    snapshots && row.hasSnapshots ? snapshotsOf(context.store, row.id).reduce((sum, { Size }) => sum + Size, 0) : 0;
  return { ...(SizeRw + kept > 0 && { SizeRw: SizeRw + kept }), SizeRootFs };
}

/** What a container was made of as it was called then; its id where that is the name of another image, or of none, by now. */
function imageNames(context: Context): (row: ContainerRow) => string {
  const ids = new Map<string, string[]>();
  return ({ config: { Image = '' }, imageId }) => {
    if (!ids.has(Image)) ids.set(Image, findImages(context, Image));
    return ids.get(Image)?.includes(imageId) ? Image : imageId;
  };
}

function summary(context: Context, row: ContainerRow, now: number): ContainerSummary {
  return {
    Id: row.id,
    ImageID: row.imageId,
    Command: [row.path, ...row.args].map(quoted).join(' '),
    Created: secondsOf(row.created),
    Ports: ports(row),
    Labels: row.config.Labels ?? {},
    State: shownState(row) as NonNullable<ContainerSummary['State']>,
    Status: statusText(row, now, context.health.of(row.id)),
    HostConfig: {
      NetworkMode: row.hostConfig.NetworkMode ?? '',
      ...(row.hostConfig.Annotations && { Annotations: row.hostConfig.Annotations }),
    },
    NetworkSettings: { Networks: row.networks },
    Mounts: mountViews(row),
  };
}

/** Docker puts an argument with a blank in it between single quotes. */
function quoted(argument: string): string {
  return argument.includes(' ') ? `'${argument}'` : argument;
}

function ports(row: ContainerRow): NonNullable<ContainerSummary['Ports']> {
  return Object.entries(row.ports).flatMap(([port, bindings]) => {
    const [number = '', protocol = 'tcp'] = port.split('/');
    const common = { PrivatePort: Number(number), Type: protocol as 'tcp' };
    if (!bindings?.length) return [common];
    return bindings.map(({ HostIp = '', HostPort = '' }) => ({ IP: HostIp, PublicPort: Number(HostPort), ...common }));
  });
}
