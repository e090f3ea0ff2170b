import type { ContainerInspectResponse, ContainerSummary } from '../../api/index.ts';
import { olderThan } from '../../api/index.ts';

/** A container's inspection as a client of that version expects it. */
export function shapeContainer(container: ContainerInspectResponse, version: string): ContainerInspectResponse {
  const shaped = { ...container };
  if (olderThan(version, '1.48')) delete shaped.ImageManifestDescriptor;
  if (olderThan(version, '1.45')) addShortIdAlias(shaped);
  return shaped;
}

/** Before 1.45 a container's short id and host name stood among its aliases on every network of the user's. */
function addShortIdAlias(container: ContainerInspectResponse): void {
  const networks = container.NetworkSettings?.Networks;
  if (!networks) return;
  const own = [container.Id?.slice(0, 12), container.Config?.Hostname].filter((name) => name !== undefined);
  const changed = Object.entries(networks).map(([name, endpoint]) => {
    if (['bridge', 'host', 'none', 'default'].includes(name)) return [name, endpoint];
    return [name, { ...endpoint, Aliases: [...new Set([...(endpoint.Aliases ?? []), ...own])] }];
  });
  container.NetworkSettings = { ...container.NetworkSettings, Networks: Object.fromEntries(changed) };
}

/** A line of the list, likewise. */
export function shapeSummary(summary: ContainerSummary, version: string): ContainerSummary {
  const shaped = { ...summary };
  if (olderThan(version, '1.48')) delete shaped.ImageManifestDescriptor;
  if (olderThan(version, '1.46') && shaped.HostConfig?.Annotations) {
    const { Annotations: _, ...rest } = shaped.HostConfig;
    shaped.HostConfig = rest;
  }
  return shaped;
}
