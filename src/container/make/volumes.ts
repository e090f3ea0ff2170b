import { crashpoint } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { MountPoint } from '../spec/index.ts';

/** Makes the volumes of mount points and finds their images. All of what was made for the container alone goes when one fails. */
export async function makeMounts(context: Context, points: MountPoint[]): Promise<MountPoint[]> {
  const made: MountPoint[] = [];
  try {
    for (const point of points) made.push(await makeVolume(context, point));
    return made;
  } catch (error) {
    await unmakeMounts(context, points, made);
    throw error;
  }
}

/** Takes back the anonymous volumes among what was made; volumes that the user named stay, as in Docker. */
export async function unmakeMounts(context: Context, points: MountPoint[], made: MountPoint[]): Promise<void> {
  const anonymous = made.filter(({ type }, index) => type === 'volume' && points[index]?.name === '');
  for (const { name } of anonymous) await context.volumes.remove(name, { force: true });
}

async function makeVolume(context: Context, point: MountPoint): Promise<MountPoint> {
  if (point.type === 'image') return withImage(context, point);
  if (point.type !== 'volume' || point.inherited) return point;
  const volume = await context.volumes.create({
    ...(point.name && { name: point.name }),
    ...(point.driver && { driver: point.driver }),
    options: point.driverOptions,
    labels: point.labels,
  });
  crashpoint('container.volumeCreated');
  return { ...point, name: volume.Name, driver: volume.Driver, source: volume.Mountpoint };
}

/** The image of a mount stays for as long as the container does. */
function withImage(context: Context, point: MountPoint): MountPoint {
  const { id, layers } = context.images.resolve(point.name);
  const source = context.snapshots.describeLayers(layers).MergedDir ?? '';
  return { ...point, layers, imageId: id, source };
}
