/** Where the engine has the snapshots of a container. */
export function snapshotsPath(container: string): string {
  return `/tug/containers/${encodeURIComponent(container)}/snapshots`;
}
