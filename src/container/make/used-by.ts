import type { ContainerRow } from '../row.ts';

/** What a container refers to in the store, also by a change that waits for its next start. */
export function usedBy(row: ContainerRow): string[] {
  const mounts = [...row.mounts, ...(row.next?.mounts ?? [])];
  const links = (row.links ?? []).map(({ child }) => `container:${child}`);
  const volumes = mounts.filter(({ type }) => type === 'volume').map(({ name }) => `volume:${name}`);
  const images = mounts.flatMap(({ imageId }) => (imageId === undefined ? [] : [`image:${imageId}`]));
  return [...new Set([`image:${row.imageId}`, ...links, ...volumes, ...images])];
}
