import type { ContainerSummary } from '../../../../api/index.ts';
import { listSize } from '../../../format/bytes.ts';
import { humanDuration } from '../../../format/duration.ts';
import { displayPorts, type ListedPort } from '../../../format/ports.ts';
import type { Listing, Row } from '../../../format/table.ts';
import { displayId, ellipsis, joinLabels, quote } from '../../../format/text.ts';
import { longMoment } from '../../../format/time.ts';

/** How `ps` looks. */
export function containerListing(withSize: boolean): Listing {
  const size = withSize ? '\\t{{.Size}}' : '';
  return {
    headers: {
      ID: 'CONTAINER ID',
      Names: 'NAMES',
      Image: 'IMAGE',
      Command: 'COMMAND',
      CreatedAt: 'CREATED AT',
      RunningFor: 'CREATED',
      Ports: 'PORTS',
      State: 'STATE',
      Status: 'STATUS',
      Size: 'SIZE',
      Labels: 'LABELS',
      Mounts: 'MOUNTS',
      LocalVolumes: 'LOCAL VOLUMES',
      Networks: 'NETWORKS',
      Platform: 'PLATFORM',
    },
    table: `{{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}\\t{{.Names}}${size}`,
    quiet: '{{.ID}}',
    typeName: '*formatter.ContainerContext',
  };
}

/** One container's line; nothing is worked out that the format does not ask for. */
export function containerRow(one: ContainerSummary, { isWhole, now }: { isWhole: boolean; now: number }): Row {
  const created = (one.Created ?? 0) * 1000;
  return {
    ID: () => displayId(one.Id ?? '', isWhole),
    Names: () => namesOf(one, isWhole),
    Image: () => imageOf(one, isWhole),
    Command: () => quote(isWhole ? (one.Command ?? '') : ellipsis(one.Command ?? '', 20)),
    CreatedAt: () => longMoment(created),
    RunningFor: () => `${humanDuration(now - created)} ago`,
    Ports: () => displayPorts((one.Ports ?? []) as ListedPort[]),
    State: () => one.State ?? '',
    Status: () => one.Status ?? '',
    Size: () => sizeOf(one),
    Labels: () => joinLabels(one.Labels),
    Label: (name: string) => one.Labels?.[name] ?? '',
    Mounts: () => (one.Mounts ?? []).map((mount) => mountName(mount, isWhole)).join(','),
    LocalVolumes: () => String((one.Mounts ?? []).filter((mount) => mount.Driver === 'local').length),
    Networks: () => Object.keys(one.NetworkSettings?.Networks ?? {}).join(','),
    Platform: () => platformOf(one),
  };
}

function namesOf(one: ContainerSummary, isWhole: boolean): string {
  const names = (one.Names ?? []).map((name) => (name.startsWith('/') ? name.slice(1) : name));
  // A name with a slash is a link's, and belongs to another container.
  return (isWhole ? names : names.filter((name) => !name.includes('/'))).join(',');
}

function imageOf(one: ContainerSummary, isWhole: boolean): string {
  if (!one.Image) return '<no image>';
  if (isWhole) return one.Image;
  if (!one.Image.includes('sha256:')) return one.Image;
  if (/^sha256:[0-9a-f]{64}$/.test(one.Image)) return displayId(one.Image, false);
  return one.Image.replace(/@sha256:[0-9a-f]{64}$/, '');
}

function sizeOf(one: ContainerSummary): string {
  const own = listSize(one.SizeRw ?? 0);
  return (one.SizeRootFs ?? 0) > 0 ? `${own} (virtual ${listSize(one.SizeRootFs ?? 0)})` : own;
}

function mountName(mount: { Name?: string; Source?: string }, isWhole: boolean): string {
  const name = mount.Name || mount.Source || '';
  return isWhole ? name : ellipsis(name, 15);
}

function platformOf(one: ContainerSummary): unknown {
  const platform = (one as { ImageManifestDescriptor?: { platform?: { os: string; architecture: string } } })
    .ImageManifestDescriptor?.platform;
  return platform ? `${platform.os}/${platform.architecture}` : null;
}
